"""Who set which field of an object: as much of server-side apply as a folder can keep. Pure.

A field is named by its JSON pointer (RFC 6901). A list counts as one value.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from fleet.ports import Manifest, Ref
from portal.errors import FieldOwned

_IDENTITY = ("/apiVersion", "/kind", "/metadata/name", "/metadata/namespace", "/metadata/uid")


@dataclass(frozen=True)
class Owned:
    """An object, and for each field that somebody set the managers that set it."""

    content: Manifest
    owners: dict[str, list[str]]


def merged(before: Owned, wish: Manifest, manager: str) -> Owned:
    """Return the object after the manager applied its wish.

    What the manager set before and no longer wishes goes, unless others set it too. Raises
    FieldOwned where the wish changes what another manager set.
    """
    fields = {name: value for name, value in _leaves(wish) if name not in _IDENTITY}
    _refuse_conflicts(before, fields, manager, Ref.of(wish))
    content, owners = deepcopy(before.content), deepcopy(before.owners)
    for name in [each for each in owners if manager in owners[each] and each not in fields]:
        owners[name].remove(manager)
        if not owners[name]:
            del owners[name]
            _cut(content, name)
    for name, value in fields.items():
        _plant(content, name, value)
        owners[name] = sorted({*owners.get(name, ()), manager})
    return Owned(content, owners)


def annotated(before: Owned, annotations: Mapping[str, str | None], manager: str) -> Owned:
    """Return the object after a merge patch of annotations; what it changes is the manager's."""
    content, owners = deepcopy(before.content), deepcopy(before.owners)
    for key, value in annotations.items():
        name = f"/metadata/annotations/{_escaped(key)}"
        if value is None:
            owners.pop(name, None)
            _cut(content, name)
        elif _found(content, name) != value:
            owners[name] = [manager]
            _plant(content, name, value)
    return Owned(content, owners)


def _refuse_conflicts(before: Owned, fields: dict[str, Any], manager: str, ref: Ref) -> None:
    taken = [
        f'"{other}" owns {name}'
        for name, value in fields.items()
        for other in before.owners.get(name, ())
        if other != manager and _found(before.content, name) != value
    ]
    if taken:
        raise FieldOwned(f"{ref}: {'; '.join(taken)}")


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}/{_escaped(key)}")
    else:
        yield name, value


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _keys(name: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in name.split("/")[1:]]


def _found(content: Manifest, name: str) -> Any:
    found: Any = content
    for key in _keys(name):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _plant(content: Manifest, name: str, value: Any) -> None:
    *way, last = _keys(name)
    for key in way:
        content = content.setdefault(key, {})
    content[last] = deepcopy(value)


def _cut(content: Manifest, name: str) -> None:
    """Take the field away, and the parents that it leaves empty."""
    key, *rest = _keys(name)
    if not rest:
        content.pop(key, None)
    elif key in content:
        _cut(content[key], "".join(f"/{_escaped(each)}" for each in rest))
        if not content[key]:
            del content[key]
