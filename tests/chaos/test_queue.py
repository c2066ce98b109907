"""Jobs that are lost, doubled or late, and a queue that is emptied, away, or back again."""

from typing import Any

import pytest

from tests.chaos.crew import Crew, slow
from tests.running import PAUSE

pytestmark = [pytest.mark.django_db, pytest.mark.chaos]

World = dict[str, Any]


def test_a_job_that_was_lost_is_rung_for_again(crew: Crew, undisturbed: World) -> None:
    """The job of a new order is dropped from the queue before a worker is there."""
    crew.start_queue()
    crew.place()
    crew.flush()
    crew.start_sweeper()
    crew.start_worker()
    crew.until_over()
    assert crew.seen() == undisturbed


def test_jobs_that_come_doubled_and_late_change_nothing(crew: Crew, undisturbed: World) -> None:
    """Thirty jobs for one order, twenty of them when it is over."""
    crew.start(2)
    crew.place()
    crew.ring(10)
    crew.until_over()
    crew.ring(20)
    crew.until_idle()
    assert set(crew.tries().values()) == {1}
    assert crew.seen() == undisturbed


def test_a_queue_that_is_emptied_in_mid_order_loses_nothing(crew: Crew, undisturbed: World) -> None:
    """FLUSHALL while a worker is in a step, its job gone with everything else."""
    crew.start(0)
    for _ in range(2):
        crew.start_worker(slow("push_scaffold", 2))
    crew.place()
    crew.until_met("push_scaffold")
    crew.flush()
    crew.until_over()
    assert crew.seen() == undisturbed


def test_an_order_placed_while_the_queue_is_away_goes_on_when_it_is_back(
    crew: Crew, undisturbed: World
) -> None:
    """The queue killed before the order is placed, and started again five seconds later."""
    crew.start(2)
    crew.kill_queue()
    crew.place()
    PAUSE.wait(5)
    crew.start_queue()
    crew.until_over()
    assert crew.seen() == undisturbed


def test_a_queue_that_is_killed_in_mid_order_and_started_again_loses_nothing(
    crew: Crew, undisturbed: World
) -> None:
    """The queue killed while a worker is in a step, and started again empty."""
    crew.start(0)
    for _ in range(2):
        crew.start_worker(slow("prime", 2))
    crew.place()
    crew.until_met("prime")
    crew.kill_queue()
    PAUSE.wait(2)
    crew.start_queue()
    crew.until_over()
    assert crew.seen() == undisturbed
