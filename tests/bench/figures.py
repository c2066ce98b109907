"""Figures as they are measured, printed and written down."""

import os
import platform
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
HEAD = """# How fast it is

Measured by `make bench` in one run, {day}, on {machine}.
Ratios compare two ways of doing the same work, taken in turn in that run, so that a noisy machine
is noisy for both. The database is PostgreSQL without waiting for the disk. `make bench` writes this
page.

| figure | number | aim | what was measured |
| --- | --- | --- | --- |
"""
FOOT = """
The ways of priming are measured on a server that has seen each of them before and with connections
that are open, to the database too; who comes first in one turn comes last in the next. kubectl
finds out anew with every call what the server knows, as in a new container of a pipeline.

Where an aim of `prime` is missed: on two cores the API server, etcd, Flux, PostgreSQL and the
portal share what there is, and all of it is busy from the first request to the last. Bare PATCHes
are the most that the API server takes there, so no way of priming is further ahead of kubectl than
they are. Beyond the same PATCHes the portal reads the namespaces first, so as to touch nobody
else's, holds the lease of the shared ground, and writes the ledger.
"""


@dataclass(frozen=True)
class Figure:
    """One number: `aim` is what it should be, in words; `what` says what was measured."""

    name: str
    number: float
    unit: str
    what: str
    aim: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.short} {self.unit}".rstrip()

    @property
    def short(self) -> str:
        """The number with three digits that count."""
        return f"{self.number:,.0f}" if self.number >= 100 else f"{self.number:.3g}"


@dataclass
class Figures:
    """What was measured so far."""

    found: list[Figure] = field(default_factory=list)

    def tell(self, name: str, number: float, unit: str, what: str, *, aim: str = "") -> None:
        self.found.append(Figure(name, number, unit, what, aim))


@dataclass
class Watch:
    """Seconds of things that were done again and again."""

    seconds: list[float] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        began = perf_counter()
        yield
        self.seconds.append(perf_counter() - began)

    def time(self, act: Callable[[], Any]) -> None:
        with self.running():
            act()

    @property
    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1000

    def quantile_ms(self, share: float) -> float:
        """Return the time that this share of all stayed under."""
        return sorted(self.seconds)[int(len(self.seconds) * share)] * 1000


def ratio_of_medians(slow: Watch, fast: Watch) -> float:
    """Return how many times as long the first one takes."""
    return statistics.median(slow.seconds) / statistics.median(fast.seconds)


def as_page(found: Iterable[Figure]) -> str:
    """Return the page of the documentation."""
    head = HEAD.format(day=date.today().isoformat(), machine=machine())  # noqa: DTZ011 - of people
    rows = (
        f"| `{each.name}` | {each.short} {each.unit} | {each.aim or '–'} | {each.what} |"
        for each in found
    )
    return head + "\n".join(rows) + "\n" + FOOT


def machine() -> str:
    """Return what the machine is, as far as it tells."""
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({models[0] if models else platform.machine()}), "
        f"{memory:.0f} GiB, {platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}"
    )
