"""Priming packs on disk: a folder with pack.yaml and templates in two parts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.errors import PlanRefused
from tenants.priming import documents

PARTS = ("tenant", "placement")

_NAME = re.compile("[a-z][a-z0-9-]*")
_TEMPLATE = re.compile(r"([0-9]{2})-[a-z0-9-]+\.yaml\.j2")


@dataclass(frozen=True)
class Pack:
    """A pack. `kinds` says which objects each part may make, as `apiVersion/Kind`."""

    name: str
    version: int
    description: str
    folder: Path
    kinds: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Template:
    """One template; templates of a lower wave are applied before those of a higher one."""

    wave: int
    file: str  # such as tenant/10-namespace.yaml.j2
    source: str


def load(folder: Path, name: str) -> Pack:
    """Return the pack of this name from the folder of packs. Raises PlanRefused if it is broken."""
    if not _NAME.fullmatch(name):
        raise PlanRefused(f"{name!r} is no name of a priming pack")
    about = _about(folder / name / "pack.yaml")
    try:
        return Pack(
            name=name,
            version=_version(about["version"]),
            description=str(about["description"]),
            folder=folder / name,
            kinds={part: frozenset(map(str, about["makes"][part])) for part in PARTS},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PlanRefused(f"pack.yaml of the pack {name} lacks or garbles: {error}") from error


def offered(folder: Path) -> list[str]:
    """Return the names of the packs in the folder."""
    return sorted(each.parent.name for each in folder.glob("*/pack.yaml"))


def templates(pack: Pack, part: str) -> list[Template]:
    """Return the templates of a part in the order of their names. Raises PlanRefused.

    A part that makes nothing needs no folder.
    """
    folder = pack.folder / part
    if not pack.kinds[part] and not folder.exists():
        return []
    try:
        files = sorted(folder.iterdir())
        return [_template(part, file) for file in files]
    except (OSError, UnicodeDecodeError) as error:
        raise PlanRefused(f"the part {part} of pack {pack.name} cannot be read: {error}") from error


def _template(part: str, file: Path) -> Template:
    name = f"{part}/{file.name}"
    shape = _TEMPLATE.fullmatch(file.name)
    if shape is None:
        raise PlanRefused(f"{name} is not named like 10-namespace.yaml.j2")
    return Template(int(shape[1]), name, file.read_text(encoding="utf-8"))


def _about(file: Path) -> Mapping[str, Any]:
    try:
        found = documents.read(file.name, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanRefused(f"{file.parent.name} is no priming pack: {error}") from error
    return found[0] if found else {}


def _version(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"version must be a whole number from 1, not {value!r}")
    return value
