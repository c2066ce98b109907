"""The table of versions (`versions.toml`) and the go.mod that each group of programs gets from it.

A group is what is built from one Go module: a few programs that agree on all their dependencies.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
TABLE = HOME / "versions.toml"
MODULES = HOME / "modules"


@dataclass(frozen=True)
class Group:
    """One row of the table. `yaml` are the patterns of files we take from the first module."""

    name: str
    version: str
    modules: list[str]
    programs: dict[str, str]
    yaml: list[str] = field(default_factory=list)
    replace: dict[str, str] = field(default_factory=dict)
    staging: list[str] = field(default_factory=list)
    staging_version: str = ""
    stamp: str = ""

    @property
    def folder(self) -> Path:
        return MODULES / self.name

    @property
    def replaces(self) -> dict[str, str]:
        return self.replace | dict.fromkeys(self.staging, self.staging_version)

    @property
    def ldflags(self) -> str:
        """Return the linker's flags: no debug tables, and the version where a program keeps it."""
        if not self.stamp:
            return "-s -w"
        major, minor, _ = self.version.removeprefix("v").split(".")
        stamps = {"gitVersion": self.version, "gitMajor": major, "gitMinor": minor}
        return "-s -w " + " ".join(f"-X {self.stamp}.{key}={stamps[key]}" for key in stamps)


def oldest_go() -> str:
    return str(tomllib.loads(TABLE.read_text())["go"])


def groups() -> list[Group]:
    """Return the groups in the order of the table, which is the order they are built in."""
    table = tomllib.loads(TABLE.read_text())
    return [Group(name=name, **row) for name, row in table.items() if isinstance(row, dict)]


def go_mod(group: Group) -> str:
    """Return the go.mod as we state it; `go mod tidy` adds the indirect requirements."""
    return "\n".join(
        [
            f"module berth.example/local-cluster/{group.name}\n",
            f"go {oldest_go()}\n",
            _block("require", [f"{module} {group.version}" for module in group.modules]),
            _block("replace", [f"{old} => {old} {new}" for old, new in group.replaces.items()]),
            _block("tool", list(group.programs.values())),
        ]
    )


def _block(verb: str, lines: list[str]) -> str:
    if not lines:
        return ""
    return "\n".join([f"{verb} (", *[f"\t{line}" for line in sorted(lines)], ")\n"])
