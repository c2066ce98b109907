"""Turning an order round, by a person or by the calendar, and trying again what is stuck."""

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.actions.owning import require_owner
from onboarding.engine.runs import close_open, tell
from onboarding.models import Direction, Order, Progress, RunState, StepRun
from onboarding.running import doorbell
from onboarding.wording import said_by
from portal.clock import now
from portal.errors import NotStuck, TooLate


def withdraw(order: Order, *, by: User, reason: str) -> None:
    """Turn the order round: everything it made is taken away again.

    Raises NotEntitled unless the person asked for it or operates the portal, and TooLate once the
    order is settled (the berth operational, the record changed, the first deletion begun) or over.
    """
    require_owner(order, by, "withdraw")
    reason = said_by(reason)
    revocable = Order.objects.filter(pk=order.pk, settled_at=None)
    with transaction.atomic():
        if not turn(revocable, Progress.WITHDRAWN, reason or f"{by} withdrew the order."):
            raise TooLate("The order is over, on its way back, or past the point of no return.")
        close_open(order, note="Withdrawn.")
        ledger.note("withdrew", subjects.of(order), by=by.actor, reason=reason)
        doorbell.ring(order.pk)


def expire(order: Order, *, reason: str) -> bool:
    """Turn an order round whose change expired before it started; False when it has moved on."""
    waiting = Order.objects.filter(
        pk=order.pk, change_number=order.change_number, change_started_at=None
    )
    with transaction.atomic():
        turned = turn(waiting, Progress.EXPIRED, reason)
        if turned:
            close_open(order, note="Expired.")
            tell(order, "turned back", reason)
            doorbell.ring(order.pk)
    return turned


def turn(orders: QuerySet[Order], ending: Progress, reason: str) -> bool:
    """Turn the order round if it still goes onward, by one conditional update."""
    onward = orders.filter(direction=Direction.ONWARD, ended_as="")
    return bool(
        onward.update(
            direction=Direction.BACK,
            back_as=ending,
            back_reason=reason,
            next_try_at=now(),
            bell=F("bell") + 1,
        )
    )


def retry(order: Order, *, by: User, reason: str = "") -> None:
    """Try the stuck steps of an order again. Raises NotStuck when nothing is stuck."""
    require_owner(order, by, "try again")
    with transaction.atomic():
        doorbell.wake(order.pk)
        stuck = list(StepRun.objects.filter(order=order, state=RunState.STUCK))
        again = [run for run in stuck if _again(run)]
        if not again:
            raise NotStuck("Nothing in this order is stuck any more.")
        ledger.note("tried again", subjects.of(order), by=by.actor, reason=reason)


def _again(run: StepRun) -> bool:
    """Close a stuck run and open the next attempt; False when somebody else was quicker."""
    closed = StepRun.objects.filter(pk=run.pk, state=RunState.STUCK).update(
        state=RunState.OVER, succeeded=False, finished_at=now()
    )
    if closed:
        StepRun.objects.create(
            order_id=run.order_id,
            revision=run.revision,
            step=run.step,
            placement_id=run.placement_id,
            direction=run.direction,
            attempt=run.attempt + 1,
            state=RunState.WAITING,
            next_try_at=now(),
            waits_for="Berth",
        )
    return bool(closed)
