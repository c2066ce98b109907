"""What is over is counted once, by whichever sweeper comes first."""

from datetime import timedelta

import pytest
from django.db import connection

from onboarding.figures import tallies
from onboarding.models import Order, Progress, RunState, StepRun, Tally
from portal.clock import now
from tests.journey import at_once
from tests.onboarding.conftest import MakeOrder


def run(order: Order, step: str = "prime", *, took: float, **columns: object) -> StepRun:
    begun = now() - timedelta(hours=1)
    return StepRun.objects.create(
        order=order,
        revision=1,
        step=step,
        attempt=StepRun.objects.filter(step=step).count() + 1,
        started_at=begun,
        **{
            "state": RunState.OVER,
            "succeeded": True,
            "finished_at": begun + timedelta(seconds=took),
            **columns,
        },
    )


def end(order: Order, *, after: timedelta, settled: timedelta | None = None) -> None:
    begun = order.submitted_at
    Order.objects.filter(pk=order.pk).update(
        ended_as=Progress.DONE,
        ended_at=begun + after,
        settled_at=begun + settled if settled else None,
    )


def tallied() -> list[tuple[str, str, str, str, int]]:
    columns = ("step", "outcome", "code", "up_to", "count")
    return sorted(Tally.objects.values_list(*columns))


def test_a_run_is_counted_once_by_how_it_ended_and_how_long_it_took(make_order: MakeOrder) -> None:
    order = make_order()
    run(order, took=3)
    run(order, took=4)
    run(order, took=0.05, succeeded=False, error_code="cluster.busy")
    assert tallies.count() == 3
    assert tallies.count() == 0
    assert tallied() == [
        ("prime", "done", "", "5", 2),
        ("prime", "failed", "cluster.busy", "0.1", 1),
    ]
    assert Tally.objects.get(outcome="done").seconds == pytest.approx(7)


def test_what_is_still_open_is_not_counted_yet(make_order: MakeOrder) -> None:
    waiting = run(make_order(), took=1, state=RunState.WAITING, succeeded=None, finished_at=None)
    assert tallies.count() == 0
    StepRun.objects.filter(pk=waiting.pk).update(
        state=RunState.OVER, succeeded=True, finished_at=waiting.started_at + timedelta(days=30)
    )
    assert tallies.count() == 1
    assert tallied() == [("prime", "done", "", "+Inf", 1)]


def test_the_lead_time_of_an_order_ends_when_it_is_live(make_order: MakeOrder) -> None:
    end(make_order(), after=timedelta(hours=20), settled=timedelta(minutes=4))
    end(make_order("wishlist"), after=timedelta(hours=20))
    assert tallies.count() == 2
    assert tallied() == [("", "done", "", "300", 1), ("", "done", "", "86400", 1)]


def test_a_clock_that_was_set_back_counts_as_no_time(make_order: MakeOrder) -> None:
    run(make_order(), took=-30)
    tallies.count()
    assert Tally.objects.get().seconds == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_at_once_count_nothing_twice(make_order: MakeOrder) -> None:
    order = make_order()
    for _ in range(40):
        run(order, took=1)
    raised = at_once(tallies.count, tallies.count, tallies.count, times=3)
    connection.close()
    assert raised == []
    assert sum(Tally.objects.values_list("count", flat=True)) == 40
