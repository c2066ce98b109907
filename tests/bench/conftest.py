"""Collects the figures of a run, prints a line for each, and writes the page when all are there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.figures import PAGE, Figures, as_page
from tests.cluster.conftest import admin, joined_cluster, local_cluster
from tests.journey import basket, folders
from tests.portal.conftest import people, world

__all__ = [
    "admin",
    "basket",
    "figures",
    "folders",
    "joined_cluster",
    "local_cluster",
    "people",
    "world",
]

_figures = Figures()


@pytest.fixture
def figures() -> Iterator[Figures]:
    """Where a measurement tells what it found."""
    before = len(_figures.found)
    yield _figures
    for each in _figures.found[before:]:
        print(f"\n{each}", flush=True)  # noqa: T201 - people wait for these


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what was measured; a run that left nothing out also writes the page."""
    terminalreporter.section("figures")
    for each in _figures.found:
        terminalreporter.write_line(str(each))
    measured = terminalreporter.stats.get("passed", [])
    whole = len(measured) == terminalreporter._numcollected and not config.option.keyword
    if whole and all(Path(asked).is_dir() for asked in config.args):
        PAGE.write_text(as_page(_figures.found))
        terminalreporter.write_line(f"Written: {PAGE.name}")
