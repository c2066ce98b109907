"""A worker killed with SIGKILL anywhere changes nothing about how an order ends.

The points are found by watching a worker (see killing.py), so a new step is covered without a new
test; so is a new kind of order, once placing.py knows how one is placed.
"""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onboarding.models import Kind
from onboarding.stories import STORIES
from tests.stories import apart, placing, plots
from tests.stories.apart import Site
from tests.stories.killing import MAIN, Visit
from tests.stories.placing import Placed
from tests.stories.plots import Plot, Told
from tests.thorough import THOROUGH

pytestmark = pytest.mark.django_db

COMMITTED = Path(__file__).with_name("kill-points.json")
MOST_KILLS = 500  # of one order; one that dies more often is never finished

Note = Callable[[str, object], None]


def test_every_kind_of_order_is_killed() -> None:
    assert set(placing.PLACED) == set(STORIES)


# All points in turn: one order, whose worker is killed at every main point of every step


@pytest.mark.parametrize("kind", placing.PLACED)
def test_killed_at_every_step_in_turn_the_order_ends_as_if_nothing_had_been(
    placed: Placed, kind: str, record_property: Note
) -> None:
    plot = Plot(kind)
    ends_alike(placed(kind), plot, plots.record(placed(kind), plot), record_property)


@pytest.mark.parametrize("kind", placing.PLACED if THOROUGH else [str(Kind.ONBOARD)])
def test_killed_at_every_undo_in_turn_nothing_is_left_all_the_same(
    placed: Placed, kind: str, record_property: Note
) -> None:
    longest, told = plots.longest_way_back(kind, lambda plot: plots.record(placed(kind), plot))
    ends_alike(placed(kind), longest, told, record_property)


def ends_alike(site: Site, plot: Plot, told: Told, note: Note) -> None:
    kills = relay(site, plot)
    assert site.kept("end") == told.end
    acting = [visit for visit in told.mortal(plot) if not {*MAIN}.isdisjoint(visit.points)]
    assert {label for label, _ in kills} == {visit.label for visit in acting}
    assert len(kills) >= committed(f"{plot}, in turn", len(kills))
    note("kill points", len(kills))


def relay(site: Site, plot: Plot) -> list[tuple[str, str]]:
    """Kill each worker at the first main point at which none was killed; return the points."""
    kills: list[tuple[str, str]] = []

    def meets(visit: Visit, point: str) -> None:
        here = (visit.label, point)
        if visit.direction == plot.dies and point in MAIN and here not in kills:
            site.keep("died", here)
            os.kill(os.getpid(), signal.SIGKILL)

    while (status := apart.ended(plots.carry_on(site, plot, meets))) == apart.KILLED:
        kills.append(tuple(site.kept("died")))
        assert len(kills) < MOST_KILLS
    assert status == 0, site.said()
    return kills


# Each point alone, of every plot


@pytest.mark.chaos
@pytest.mark.parametrize("plot", [*plots.plots()], ids=str)
def test_killed_at_any_point_the_order_ends_as_if_nothing_had_been(
    placed: Placed, plot: Plot, record_property: Note
) -> None:
    """SIGKILL at each point of each step, one worker each."""
    site = placed(plot.kind)
    told = plots.record(site, plot)
    points = [*plots.points(told, plot)]
    different = [
        f"{told.visits[number].label}, {point}"
        for number, point in points
        if killed_at(site.beside(f"{site.folder.name}-{number}"), plot, point) != told.end
    ]
    assert different == []
    assert len(points) >= committed(str(plot), len(points)), "a point is not killed at any more"
    record_property("kill points", len(points))


def killed_at(before: Site, plot: Plot, point: str) -> Any:
    """Return the end of an order whose worker was killed at a point of the step it took up."""

    def meets(visit: Visit, met: str) -> None:
        if visit.is_first and met == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with before.for_a_while(f"{before.folder.name}-killed") as site:
        killed = apart.ended(plots.carry_on(site, plot, meets))
        assert killed == apart.KILLED, f"{point}: {site.said()}"
        assert apart.ended(plots.carry_on(site, plot)) == 0, f"{point}: {site.said()}"
        return site.kept("end")


def committed(plot: str, there: int) -> int:
    """Return how many points of this plot there were when they were counted last."""
    counted = json.loads(COMMITTED.read_text())
    assert plot in counted, f'a new plot: add "{plot}": {there} to {COMMITTED.name}'
    return int(counted[plot])
