"""Breaks a copy of the tree, one entry of the table at a time, and sees whether tests notice."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("breaks.toml")
SECONDS = 600  # a break that lets the tests hang so long is noticed too
FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
# pytest's own: all passed, some failed; everything else says that nothing was tried
PASSED, SOME_FAILED = 0, 1


@dataclass(frozen=True)
class Break:
    """One entry of the table. `survives` explains why no test can notice it, or is empty."""

    number: int
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    why: str
    survives: str


@dataclass(frozen=True)
class Result:
    """What came of one break: `killer` is the test that failed, "" when none did."""

    entry: Break
    killer: str
    trouble: str = ""  # why it could not be tried

    @property
    def is_right(self) -> bool:
        """Say whether it is as the table has it: noticed, or explained."""
        return not self.trouble and bool(self.killer) != bool(self.entry.survives)


def table() -> list[Break]:
    """Return the entries in their order."""
    whole = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return [
        Break(
            number=number,
            file=each["file"],
            old=each["old"],
            new=each["new"],
            tests=_tests(each["tests"], whole["tests"]),
            why=each["why"],
            survives=each.get("survives", ""),
        )
        for number, each in enumerate(whole["break"], start=1)
    ]


def _tests(named: str | list[str], groups: dict[str, list[str]]) -> tuple[str, ...]:
    return tuple(groups[named] if isinstance(named, str) else named)


def fault(entry: Break) -> str:
    """Say in words why the entry does not fit the tree, or nothing."""
    found = (ROOT / entry.file).read_text(encoding="utf-8").count(entry.old)
    if found != 1:
        return f"break {entry.number}: its text stands {found} times in {entry.file}, not once"
    absent = [test for test in entry.tests if not (ROOT / test.partition("::")[0]).exists()]
    return f"break {entry.number}: no {', '.join(absent)}" if absent else ""


def copy_tree(into: Path) -> Path:
    """Copy what stands in the tree, committed or not, but nothing that is ignored."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    for name in filter(None, names.decode().split("\0")):
        source = ROOT / name
        if source.is_file():
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return into


def tried(entry: Break, tree: Path) -> Result:
    """Break the copy, run the tests, and mend it again."""
    path = tree / entry.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(entry.old, entry.new), encoding="utf-8")
    try:
        return _judged(entry, tree)
    finally:
        path.write_text(whole, encoding="utf-8")


def _judged(entry: Break, tree: Path) -> Result:
    try:
        code, said = run(entry.tests, tree)
    except subprocess.TimeoutExpired:
        return Result(entry, f"hung for {SECONDS} s")
    if code == PASSED:
        return Result(entry, "")
    failed = FAILED.search(said)
    if code == SOME_FAILED and failed:
        return Result(entry, failed[1])
    return Result(entry, "", trouble=f"pytest ended with {code}: {said[-600:]}")


def run(tests: Sequence[str], tree: Path, *, seconds: float = SECONDS) -> tuple[int, str]:
    """Run tests in the copy until the first fails; return pytest's code and what it said."""
    words = [sys.executable, "-B", "-m", "pytest", *tests, "-x", "-q", "--no-header", "--tb=no"]
    done = subprocess.run(
        [*words, "-p", "no:randomly", "-rfE", "--nomigrations"],
        cwd=tree,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )
    return done.returncode, done.stdout
