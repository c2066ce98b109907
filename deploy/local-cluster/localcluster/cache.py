"""Where the built programs lie: outside the tree, one folder for each group and set of pins."""

import hashlib
import os
import platform
from collections.abc import Mapping
from pathlib import Path

from localcluster.versions import Group


def root(environ: Mapping[str, str] = os.environ) -> Path:
    """Return `$BERTH_CACHE`, else `berth` in the person's own cache folder."""
    if environ.get("BERTH_CACHE"):
        return Path(environ["BERTH_CACHE"]).absolute() / "local-cluster"
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]).absolute() / "berth" / "local-cluster"
    return Path.home() / ".cache" / "berth" / "local-cluster"


def key(group: Group) -> str:
    """Return a name for exactly these programs: pins, Go line (in go.mod), linker flags, machine.

    The Go that happens to be installed is not part of it, so that starting needs no Go and a
    patch release of Go does not cost everybody twenty minutes. To force one, raise `go` in the
    table of versions.
    """
    parts = [
        (group.folder / "go.mod").read_bytes(),
        (group.folder / "go.sum").read_bytes(),
        group.ldflags.encode(),
        f"{platform.system()} {platform.machine()}".encode(),
        " ".join(group.yaml).encode(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def folder(group: Group) -> Path:
    return root() / f"{group.name}-{key(group)}"


def program(group: Group, name: str) -> Path:
    return folder(group) / name


def yaml_folder(group: Group) -> Path:
    return folder(group) / "yaml"


def is_complete(group: Group) -> bool:
    if group.yaml and not yaml_folder(group).is_dir():
        return False
    return all(program(group, name).is_file() for name in group.programs)


def programs(groups: list[Group]) -> dict[str, Path]:
    """Return the path of every program by its name."""
    return {name: program(group, name) for group in groups for name in group.programs}
