"""When an order may start at the earliest: its requester says so, before anybody has approved."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.actions.owning import require_owner
from onboarding.changes import moves
from onboarding.changes.models import Approval, Change, ChangeStatus
from onboarding.models import Direction, Order
from onboarding.running import doorbell
from portal.clock import now
from portal.errors import StartUnfit, TooLate

LONGEST = timedelta(days=90)  # names are reserved all the while


def schedule(order: Order, *, at: datetime | None, by: User) -> None:
    """Let an order start no earlier than this; None lets it start as soon as it is approved.

    Approvers see it, so it is set before the first approval. Raises NotEntitled unless the person
    asked for the order or operates the portal, StartUnfit for a time that is over or too far off,
    and TooLate once somebody has approved, or the order has moved on.
    """
    require_owner(order, by, "say when it starts")
    if at is not None and not now() < at <= now() + LONGEST:
        raise StartUnfit(f"A start lies ahead, and at most {LONGEST.days} days.")
    with transaction.atomic():
        _hold(order, at)
        _refuse_approved(order)
        for change in Change.objects.filter(number=order.change_number, status=WAITING):
            moves.put_off(change, at)
        changes = {"not before": (_said(order.not_before), _said(at))}
        ledger.note("scheduled", subjects.of(order), by=by.actor, changes=changes)
        doorbell.wake(order.pk)


WAITING = ChangeStatus.AUTHORIZE


def _hold(order: Order, at: datetime | None) -> None:
    """Set it, and keep everybody else from moving the order until commit."""
    waiting = Order.objects.filter(
        pk=order.pk,
        change_number=order.change_number,
        direction=Direction.ONWARD,
        change_started_at=None,
        ended_as="",
    )
    if not waiting.update(not_before=at, bell=F("bell") + 1):
        raise TooLate("The order has moved on, or is over.")


def _refuse_approved(order: Order) -> None:
    given = Approval.objects.filter(change__number=order.change_number, taken_back_at=None)
    decided = Change.objects.filter(number=order.change_number).exclude(status=WAITING)
    if order.change_number and (given.exists() or decided.exists()):
        raise TooLate("It was approved for its time. Withdraw or amend it for another one.")


def _said(at: datetime | None) -> str:
    return at.isoformat() if at else "as soon as it is approved"
