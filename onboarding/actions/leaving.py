"""What becomes of people who have left: flagged, their open orders stopped; nothing is deleted."""

from django.db import transaction

from accounts import leaving
from accounts.doers import operator
from accounts.models import Leaver, User
from audit import ledger
from onboarding.actions.turning import turn
from onboarding.engine.runs import close_open, tell
from onboarding.leavers import lookups
from onboarding.leavers.models import Register
from onboarding.models import Order, Progress
from onboarding.running import doorbell
from portal.clock import now

BATCH = 200  # orders stopped at a time


def flag(person: User, *, told_by: str) -> bool:
    """Flag a person as having left. Their orders are stopped by `stop_orders`, whoever runs it."""
    return leaving.flag(person, told_by=told_by, by=ledger.SYSTEM)


def find_again(leaver: Leaver) -> bool:
    """Take the flag off somebody whom the source knows again."""
    return leaving.clear(leaver, by=ledger.SYSTEM, reason=f"{leaver.told_by} knows them again.")


def stop_orders() -> int:
    """Stop what people who have left had ordered, and return how many orders that were.

    An order past its point of no return goes on to its end. One that was stopped is not found
    again, so that this may be killed and repeated at any point.
    """
    return sum(stop(order) for order in lookups.orders_to_stop()[:BATCH])


def stop(order: Order) -> bool:
    """Turn the order of somebody who has left round; False when it is over or settled by now."""
    told_by = order.requester.leavings.filter(cleared_at=None).values_list("told_by", flat=True)
    reason = f"{order.requester} has left, says {told_by.first()}."
    revocable = Order.objects.filter(pk=order.pk, settled_at=None)
    with transaction.atomic():
        turned = turn(revocable, Progress.WITHDRAWN, reason)
        if turned:
            close_open(order, note="Stopped.")
            tell(order, "stopped", reason)
            doorbell.ring(order.pk)
    return turned


def look_now(*, by: User) -> None:
    """Let the sweeper ask every source now who is still there. Raises RoleMissing."""
    operator(by)
    Register.objects.update(due_at=now(), began_at=None)
