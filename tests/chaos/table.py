"""What is printed at the end: a table of the cases of disorder, and the number of kill points.

A case is a test marked `chaos`. Its docstring says what was done; the property `ended` how it
ended, and `kill points` at how many points a worker was killed.
"""

import textwrap
from collections.abc import Iterator

import pytest
from _pytest.terminal import TerminalReporter

Row = tuple[str, str, str, str]
HEADS: Row = ("case", "what was done", "how it ended", "seconds")
WIDTHS = (44, 44, 44)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note of each case what it does, for the table."""
    for item in items:
        if item.get_closest_marker("chaos"):
            done = getattr(getattr(item, "function", None), "__doc__", None) or ""
            item.user_properties.append(("done", " ".join(done.split()).rstrip(".")))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print the table, and the number of kill points."""
    rows = sorted(_rows(terminalreporter))
    if rows:
        terminalreporter.section("cases of disorder")
        for row in (HEADS, *rows):
            for line in _lines(row):
                terminalreporter.write_line(line)
    points = sum(int(str(each)) for each in _properties(terminalreporter, "kill points"))
    if points:
        terminalreporter.write_line(
            f"Workers were killed at {points} points; each order ended right."
        )


def _reports(reporter: TerminalReporter) -> Iterator[pytest.TestReport]:
    for outcome in ("passed", "failed", "error"):
        found = reporter.stats.get(outcome, [])
        # a file that could not be read is an error too, and no case
        yield from (report for report in found if isinstance(report, pytest.TestReport))


def _properties(reporter: TerminalReporter, name: str) -> Iterator[object]:
    for report in _reports(reporter):
        if report.passed:
            yield from (value for key, value in report.user_properties if key == name)


def _rows(reporter: TerminalReporter) -> Iterator[Row]:
    for report in _reports(reporter):
        told = {key: str(value) for key, value in report.user_properties}
        if "done" not in told:
            continue
        if points := told.get("kill points"):
            told["ended"] = f"as if nothing had been, {points} times"
        if points == "0":
            continue  # nothing happens there: the plot is another one's
        case = _in_words(report.nodeid.partition("::")[2])
        ended = told.get("ended", "right") if report.passed else "WRONG"
        yield case, told["done"], ended, f"{report.duration:.1f}"


def _in_words(name: str) -> str:
    """Return the name of a test as people read it; a parameter in words speaks for itself."""
    test, _, parameter = name.removesuffix("]").partition("[")
    words = test.removeprefix("test_").replace("_", " ")
    return parameter if " " in parameter else f"{words} {parameter}".strip()


def _lines(row: Row) -> Iterator[str]:
    cells = [textwrap.wrap(text, width) or [""] for text, width in zip(row, WIDTHS, strict=False)]
    for number in range(max(map(len, cells))):
        texts = [cell[number] if number < len(cell) else "" for cell in cells]
        columns = "  ".join(f"{text:{width}}" for text, width in zip(texts, WIDTHS, strict=True))
        yield f"{columns}  {row[3] if number == 0 else ''}".rstrip()
