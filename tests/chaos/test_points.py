"""At each point of each step the line to the database is cut, or the worker is stopped and woken.

The points are those of tests/stories/killing.py, so a new step is covered without a new test.
"""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import time_machine
from django.db import connection

from fleet import budget
from fleet.models import Stray
from onboarding.models import Direction, Progress
from onboarding.running import nightly
from tests.stories import apart, placing, plots
from tests.stories.apart import Site
from tests.stories.killing import MAIN, Meets, Visit
from tests.stories.placing import START, Placed
from tests.stories.plots import LEASE, Plot, Told

pytestmark = [pytest.mark.django_db, pytest.mark.chaos]

Note = Callable[[str, object], None]
Disturbed = Callable[[Site, Plot, str], Any]
LASTING = ("write", "commit")
WAYS = [Direction.ONWARD, Direction.BACK]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", placing.PLACED)
@pytest.mark.postgresql
def test_a_connection_cut_at_any_point_changes_nothing(
    placed: Placed, kind: str, way: Direction, record_property: Note
) -> None:
    """The server ends the worker's connection (pg_terminate_backend) in mid-step."""
    ends_alike(placed, kind, way, cut, record_property)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", placing.PLACED)
@pytest.mark.postgresql
def test_a_worker_stopped_at_any_point_and_woken_when_all_is_done_changes_nothing(
    placed: Placed, kind: str, way: Direction, record_property: Note
) -> None:
    """SIGSTOP in mid-step, another worker finishes the order, SIGCONT."""
    ends_alike(placed, kind, way, stop, record_property)


def ends_alike(placed: Placed, kind: str, way: Direction, disturbed: Disturbed, note: Note) -> None:
    recorded = placed(kind)
    plot, told = plots.told_on(recorded, placed, kind, way)
    different, points = [], [*worth(told, plot)]
    for number, point in points:
        before = recorded.beside(f"{recorded.folder.name}-{number}")
        with before.for_a_while(f"{before.folder.name}-disturbed") as site:
            if in_any_order(disturbed(site, plot, point)) != in_any_order(told.end):
                different.append(f"{told.visits[number].label}, {point}")
    assert different == []
    note("ended", f"as if nothing had been, {len(points)} times")


def in_any_order(end: dict[str, Any]) -> dict[str, Any]:
    """Return an end without who came first: clusters do not wait for one another."""
    return {
        what: sorted(map(repr, found)) if isinstance(found, list) else found
        for what, found in end.items()
    }


def worth(told: Told, plot: Plot) -> Iterator[tuple[int, str]]:
    """Give the main points; of a new berth also those before and after each effect."""
    for number, visit in enumerate(told.visits):
        if visit.direction == plot.dies:
            for point in visit.points:
                if point in MAIN or (plot.kind == "onboard" and not point.startswith(LASTING)):
                    yield number, point


def once(point: str, happens: Callable[[], None]) -> Meets:
    """Let it happen at this point of the first step that the worker takes up."""

    def meets(visit: Visit, met: str) -> None:
        if visit.is_first and met == point:
            happens()

    return meets


def cut(site: Site, plot: Plot, point: str) -> Any:
    """Cut the worker's connection at the point; it carries on by itself."""

    def cut_now() -> None:
        connection.ensure_connection()
        backend = connection.connection.info.backend_pid
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])

    assert apart.ended(plots.carry_on(site, plot, once(point, cut_now))) == 0, site.said()
    return site.kept("end")


def stop(site: Site, plot: Plot, point: str) -> Any:
    """Stop a worker at the point, let another one finish, and wake the first."""
    sleeper = asleep(site, plot, point)
    assert apart.ended(plots.carry_on(site, plot)) == 0, site.said()
    wake(sleeper, site)
    return site.kept("end")


def asleep(site: Site, plot: Plot, point: str) -> int:
    """Return a worker that is stopped at the point. It wakes up with all clocks gone on."""

    def sleep() -> None:
        os.kill(os.getpid(), signal.SIGSTOP)
        time_machine.travel(site.time(START) + LEASE, tick=False).start()
        passed = LEASE.total_seconds()
        pytest.MonkeyPatch().setattr(budget, "monotonic", lambda: monotonic() + passed)

    sleeper = plots.carry_on(site, plot, once(point, sleep))
    assert apart.stopped(sleeper), site.said()
    return sleeper


def wake(sleeper: int, site: Site) -> None:
    os.kill(sleeper, signal.SIGCONT)
    assert apart.ended(sleeper) == 0, site.said()


@pytest.mark.postgresql
def test_what_a_worker_does_that_was_stopped_while_all_was_taken_back_is_found_at_night(
    placed: Placed, record_property: Note
) -> None:
    """SIGSTOP in mid-step, the order is withdrawn and taken back, SIGCONT."""
    recorded, plot = placed("onboard"), Plot("onboard")
    told = plots.record(recorded, plot)
    remains = {}
    for number, point in worth(told, plot):
        before = recorded.beside(f"{recorded.folder.name}-{number}")
        with before.for_a_while(f"{before.folder.name}-asleep") as site:
            remains[f"{told.visits[number].label}, {point}"] = left_by_sleeper(site, plot, point)
    left = {where: found for where, found in remains.items() if found[0]}
    assert {where: each for where, each in left.items() if not each[0] <= each[1]} == {}
    # a lease cannot be looked at and an effect be done in one: only there something may be left
    assert {where.partition(", ")[2].partition(" ")[0] for where in left} <= {"before"}, left
    record_property("ended", f"nothing left at {len(remains) - len(left)} of {len(remains)} points")


def left_by_sleeper(site: Site, plot: Plot, point: str) -> tuple[set[str], set[str]]:
    """Return namespaces and repositories that were left, and what the nightly look says is left."""
    sleeper = asleep(site, plot, point)
    site.do(lambda: plots.withdraw_at(site.time(START)))
    assert apart.ended(plots.carry_on(site, plot)) == 0, site.said()
    wake(sleeper, site)
    site.do(lambda: site.keep("strays", strays()))
    end = site.kept("end")
    if end["orders"][-1][1] != Progress.WITHDRAWN:  # it was too late: what is there has an owner
        return set(), set()
    spaces = {place for place in end["objects"] if "/_cluster/Namespace/" in place}
    left = {Path(place).stem for place in (*spaces, *end["repositories"])}
    return left, {Path(name).name for name in site.kept("strays")}


def strays() -> list[str]:
    nightly.look_around()
    return list(Stray.objects.values_list("name", flat=True))
