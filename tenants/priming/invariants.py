"""What must hold for every rendering, whatever the pack and the facts: faults are told all at once.

A kind without a rule cannot be made at all, so a new kind in a pack needs a rule beside it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.errors import PlanRefused
from tenants.priming import shapes
from tenants.priming.shapes import Manifest, Rendered, Rule, at

REFERENCE = "secretref:"  # what stands in a plan for a secret, followed by its name

_LABEL_NAME = re.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_KEY = re.compile(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
)
_VALUE = re.compile("([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_FOREIGN = frozenset({"default", "flux-system", "berth"})

_HEAD = frozenset({"apiVersion", "kind", "metadata"})
_BODIES = {
    shapes.NAMESPACE: frozenset[str](),
    shapes.ROLE_BINDING: frozenset({"roleRef", "subjects"}),
    shapes.ACCOUNT: frozenset({"automountServiceAccountToken"}),
    shapes.SECRET: frozenset({"type", "stringData"}),
}
_BODY = frozenset({"spec"})
_METADATA = frozenset({"name", "namespace", "labels", "annotations"})


@dataclass(frozen=True)
class Law:
    """What holds for one part of a pack with these facts."""

    kinds: frozenset[str]  # that the pack says it makes
    rules: Mapping[str, Rule]
    labels: Mapping[str, str]  # that every object carries
    namespaces: frozenset[str]  # the only ones that may be made or filled
    required: frozenset[tuple[str, str]]  # (kind, namespace) that must be there
    together: Callable[[Sequence[Manifest]], Iterator[str]]  # faults of the objects as a whole
    own_line: Manifest | None = None  # the one object that is exempt, see placement_rules


def refuse_faults(rendered: Sequence[Rendered], law: Law) -> None:
    """Raise PlanRefused with every fault in words, or return because there is none."""
    found = [
        f"{each.file}: {shapes.title(each.manifest)}: {fault}"
        for each in rendered
        if each.manifest != law.own_line
        for fault in _object_faults(each.manifest, law)
    ]
    found += _duplicates(rendered)
    found += _order_faults(rendered)
    manifests = [each.manifest for each in rendered if each.manifest != law.own_line]
    found += _missing(manifests, law)
    if law.own_line is not None and len(manifests) == len(rendered):
        found.append("the pack leaves out the placement's own line in the control namespace")
    found += law.together(manifests)
    if found:
        raise PlanRefused("; ".join(found))


def _object_faults(manifest: Manifest, law: Law) -> Iterator[str]:
    kind = shapes.kind(manifest)
    if kind not in law.kinds or kind not in law.rules:
        yield f"the pack may not make {kind}"
        return
    yield from _head_faults(manifest, kind)
    yield from _place_faults(manifest, kind, law.namespaces)
    yield from _label_faults(manifest, law.labels)
    yield from _reference_faults(manifest, kind)
    yield from law.rules[kind](manifest)


def _head_faults(manifest: Manifest, kind: str) -> Iterator[str]:
    body = _BODIES.get(kind, _BODY)
    yield from (f"{key} is not allowed" for key in manifest if key not in _HEAD | body)
    yield from shapes.strangers(manifest, "metadata", _METADATA)
    if at(manifest, "metadata", "annotations") is not None and kind != shapes.NAMESPACE:
        yield "annotations are not allowed"


def _place_faults(manifest: Manifest, kind: str, namespaces: frozenset[str]) -> Iterator[str]:
    name, where = at(manifest, "metadata", "name"), at(manifest, "metadata", "namespace")
    if not isinstance(name, str) or not _LABEL_NAME.fullmatch(name):
        yield "the name must be 1 to 63 lower-case letters, digits and dashes"
    home = name if kind == shapes.NAMESPACE else where
    if home not in namespaces:
        yield f"the namespace {home} is none of {' and '.join(sorted(namespaces))}"
    if not _LABEL_NAME.fullmatch(str(home)):
        yield f"{home!r} cannot be the name of a namespace"
    if str(home).startswith("kube-") or home in _FOREIGN:
        yield f"the namespace {home} belongs to the cluster"
    if kind == shapes.NAMESPACE and where is not None:
        yield "a Namespace is in no namespace"


def _label_faults(manifest: Manifest, demanded: Mapping[str, str]) -> Iterator[str]:
    found = at(manifest, "metadata", "labels")
    if not isinstance(found, Mapping):
        yield "labels are missing"
        return
    for key, value in demanded.items():
        if found.get(key) != value:
            yield f"the label {key} must be {value!r}"
    for key, value in found.items():
        if not _KEY.fullmatch(key) or not isinstance(value, str) or not _VALUE.fullmatch(value):
            yield f"{key}={value} is no label that Kubernetes takes"


def _reference_faults(manifest: Manifest, kind: str) -> Iterator[str]:
    """A reference is resolved when it is applied; elsewhere it would put a secret on show."""
    for path, value in _texts(manifest, ""):
        if REFERENCE in value and not (kind == shapes.SECRET and path.startswith(".stringData.")):
            yield f"{path.removeprefix('.')} holds a reference to a secret"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield f"{path}.(key)", key
            yield from _texts(each, f"{path}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, f"{path}.[]")
    else:
        yield path, str(value)


def _duplicates(rendered: Sequence[Rendered]) -> Iterator[str]:
    seen = set()
    for each in rendered:
        title = f"{at(each.manifest, 'apiVersion')} {shapes.title(each.manifest)}"
        if title in seen:
            yield f"{each.file}: {title} is made twice"
        seen.add(title)


def _order_faults(rendered: Sequence[Rendered]) -> Iterator[str]:
    """Each object needs those of a lower rank to be there: its namespace, the right to write it."""
    latest: dict[int, Rendered] = {}
    for each in sorted(rendered, key=lambda one: _rank(one.manifest)):
        rank = _rank(each.manifest)
        for lower, before in latest.items():
            if lower < rank and before.wave >= each.wave:
                yield f"{before.file} must have a lower number than {each.file}"
        if rank not in latest or latest[rank].wave < each.wave:
            latest[rank] = each


def _rank(manifest: Manifest) -> int:
    if shapes.kind(manifest) == shapes.ROLE_BINDING:
        return 1 if at(manifest, "subjects") == [shapes.PORTAL] else 3
    return {
        shapes.NAMESPACE: 0,
        shapes.SECRET: 3,
        shapes.GIT_REPOSITORY: 4,
        shapes.KUSTOMIZATION: 5,
    }.get(shapes.kind(manifest), 2)


def _missing(manifests: Sequence[Manifest], law: Law) -> Iterator[str]:
    there = {(shapes.kind(each), at(each, "metadata", "namespace") or "") for each in manifests}
    for kind, namespace in sorted(law.required - there):
        yield f"the pack makes no {kind}{f' in {namespace}' if namespace else ''}"
