"""Counts what is over, each run and each order once, into sums that only grow."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, TypeVar

from django.db import transaction
from django.db.models import F, Model, QuerySet

from onboarding.figures.models import Tally
from onboarding.models import Order, RunState, StepRun

BATCH = 500  # rows in one transaction
ENDLESS = "+Inf"
# from a step in the database to an approval that takes a week
BOUNDS = (0.1, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 259_200, 604_800)

Row = TypeVar("Row", bound=Model)


class Column(NamedTuple):
    """What is counted apart from everything else; the names are those of Tally's columns."""

    kind: str
    step: str
    direction: str
    outcome: str
    code: str
    up_to: str


def count() -> int:
    """Count what ended since the last time, and return how many rows that were."""
    return _count_runs() + _count_orders()


def bucket(seconds: float) -> str:
    """Return the upper end of the bucket that a length of time falls into."""
    return next((f"{bound:g}" for bound in BOUNDS if seconds <= bound), ENDLESS)


def uncounted_runs() -> QuerySet[StepRun]:
    return StepRun.objects.filter(counted=False, state=RunState.OVER)


def uncounted_orders() -> QuerySet[Order]:
    return Order.objects.filter(counted=False).exclude(ended_as="")


@transaction.atomic
def _count_runs() -> int:
    runs = list(uncounted_runs().select_related("order").order_by("pk")[:BATCH])
    return _add(runs, StepRun.objects.all(), [_of_run(run) for run in runs])


@transaction.atomic
def _count_orders() -> int:
    orders = list(uncounted_orders().order_by("pk")[:BATCH])
    return _add(orders, Order.objects.all(), [_of_order(order) for order in orders])


def _of_run(run: StepRun) -> tuple[Column, float]:
    seconds = _seconds((run.finished_at or run.started_at) - run.started_at)
    outcome = "done" if run.succeeded else "failed" if run.error_code else "closed"
    what = (run.order.kind, run.step, run.direction, outcome, run.error_code)
    return Column(*what, bucket(seconds)), seconds


def _of_order(order: Order) -> tuple[Column, float]:
    """An order that went live took until then: closing its change later is no part of it."""
    end = order.settled_at or order.ended_at or order.submitted_at
    seconds = _seconds(end - order.submitted_at)
    what = (order.kind, "", order.direction, order.ended_as, "")
    return Column(*what, bucket(seconds)), seconds


def _seconds(length: timedelta) -> float:
    return max(length.total_seconds(), 0.0)  # a clock may have been set back meanwhile


def _add(rows: Sequence[Row], all_rows: QuerySet[Row], told: list[tuple[Column, float]]) -> int:
    """Mark the rows as counted and add them up, or do neither where another process is at it."""
    mine = all_rows.filter(pk__in=[row.pk for row in rows], counted=False)
    if mine.update(counted=True) != len(rows):
        transaction.set_rollback(True)
        return 0
    sums: dict[Column, list[float]] = defaultdict(list)
    for column, seconds in told:
        sums[column].append(seconds)
    for column, lengths in sorted(sums.items()):  # in one order, so that nobody waits in a circle
        tally, _ = Tally.objects.get_or_create(**column._asdict())
        more = {"count": F("count") + len(lengths), "seconds": F("seconds") + sum(lengths)}
        Tally.objects.filter(pk=tally.pk).update(**more)
    return len(rows)
