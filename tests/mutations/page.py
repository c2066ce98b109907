"""docs/mutations.md: one line a break, with the test that notices it. Written by `make mutants`."""

from collections.abc import Sequence

from tests.mutations.breaking import ROOT, Break, Result

PAGE = ROOT / "docs" / "mutations.md"
UNEXPLAINED = "**Nothing, and nobody said why.**"
UNTRIED = "**Not tried yet.**"
TOP = """\
# What breaks when something is broken

`make mutants` breaks a copy of the tree at one place, runs the tests named for it, and expects one
of them to fail. So each guard, each kind of error and each undo below is seen to matter. The table
is `tests/mutations/breaks.toml`; `make test` holds it to the tree and to this page, which the
command writes. After a change `make mutants OPTIONS='--only lease.py'` tries those breaks again.

{killed} of {all} breaks are noticed by a test. {rest}

| | where | what would go wrong | noticed by |
| --- | --- | --- | --- |
"""


def write(entries: Sequence[Break], results: Sequence[Result]) -> None:
    """Write the page anew; what was not tried this time keeps what the page said of it."""
    noticed = read() | {result.entry.why: _noticed(result) for result in results}
    left = [
        each for each in entries if noticed.get(each.why, UNTRIED).startswith(("Nothing", "**"))
    ]
    rest = f"{len(left)} cannot be, and the table says why." if left else "None survives."
    top = TOP.format(killed=len(entries) - len(left), all=len(entries), rest=rest)
    lines = (_line(each, noticed.get(each.why, UNTRIED)) for each in entries)
    PAGE.write_text(top + "".join(lines), encoding="utf-8")


def read() -> dict[str, str]:
    """Return what the page says of each break: what would go wrong -> what notices it."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    rows = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| "))
    return {row[2]: row[3] for row in rows if row[0].isdigit()}


def _noticed(result: Result) -> str:
    file, _, test = result.killer.partition("::")
    unseen = f"Nothing: {result.entry.survives}" if result.entry.survives else UNEXPLAINED
    said = f"`{test}` in {file}" if test else (result.killer or unseen)
    return said.replace("|", "/")


def _line(entry: Break, noticed: str) -> str:
    return f"| {entry.number} | `{entry.file}` | {entry.why} | {noticed} |\n"
