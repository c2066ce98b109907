"""Several workers, slow ones, stopped ones, and workers whose clock is wrong."""

import os
import signal
from datetime import timedelta
from typing import Any

import pytest

from tests.chaos.crew import SHORT_LEASE, Crew, clock_of, slow
from tests.running import PAUSE

pytestmark = [pytest.mark.django_db, pytest.mark.chaos]

World = dict[str, Any]
PAST_THE_LEASE = 5.0  # seconds; more than SHORT_LEASE


@pytest.mark.parametrize("workers", [2, 8])
def test_many_workers_at_one_order_do_each_step_once(
    crew: Crew, undisturbed: World, workers: int
) -> None:
    """Workers on one order, and three rings for each of them."""
    crew.start(workers)
    crew.place()
    crew.ring(3 * workers)
    crew.until_over()
    assert set(crew.tries().values()) == {1}
    assert crew.seen() == undisturbed


@pytest.mark.parametrize("step", ["push_scaffold", "prime", "operational"])
def test_a_lease_that_is_lost_while_an_effect_is_under_way_leaves_one_effect(
    crew: Crew, undisturbed: World, step: str
) -> None:
    """A step that takes longer than the lease; another worker takes over meanwhile."""
    crew.lease = SHORT_LEASE
    crew.start_queue()
    crew.start_sweeper()
    for _ in range(2):
        crew.start_worker(slow(step, 2 * PAST_THE_LEASE))
    crew.place()
    crew.until_over()
    assert crew.tries()[step] > 1
    PAUSE.wait(PAST_THE_LEASE)  # now the slow one wakes up and finds that it is too late
    assert crew.seen() == undisturbed


def test_a_worker_that_was_stopped_past_its_lease_and_woken_writes_nothing(
    crew: Crew, undisturbed: World
) -> None:
    """SIGSTOP in mid-step, another worker finishes, SIGCONT."""
    crew.lease = SHORT_LEASE
    crew.start(0)
    crew.start_worker(slow("prime", 1))
    crew.place()
    sleeper = crew.until_met("prime")
    os.kill(sleeper, signal.SIGSTOP)
    crew.start_worker()
    crew.until_over()
    os.kill(sleeper, signal.SIGCONT)
    PAUSE.wait(3)
    assert crew.tries()["prime"] > 1
    assert crew.seen() == undisturbed


def test_workers_whose_clocks_differ_end_an_order_all_the_same(
    crew: Crew, undisturbed: World
) -> None:
    """Three workers on one order: one 20 minutes ahead, one right, one behind."""
    crew.start_queue()
    crew.start_sweeper()
    for minutes in (20, 0, -20):
        crew.start_worker(clock_of(timedelta(minutes=minutes)))
    crew.place()
    crew.ring(9)
    crew.until_over()
    assert crew.seen() == undisturbed


def test_a_lease_from_a_clock_that_ran_days_ahead_holds_nobody_up(
    crew: Crew, undisturbed: World
) -> None:
    """A worker killed in mid-step when the clock was two days ahead; then the clock is put back."""
    crew.start(0)

    def ahead_and_slow(crew: Crew) -> None:
        clock_of(timedelta(days=2))(crew)
        slow("prime", 600)(crew)

    worker = crew.start_worker(ahead_and_slow)
    crew.place()
    os.kill(crew.until_met("prime"), signal.SIGSTOP)
    crew.dismiss(worker)
    crew.start_worker()
    crew.until_over()
    assert crew.seen() == undisturbed
