"""The lease of an order: who looks at it now, and the fence that outdates older writers.

Everything is one conditional UPDATE. A worker that comes back from a long pause writes nothing,
because its fence has been passed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery

from onboarding.models import Order, RunState, StepRun
from portal.clock import ASTRAY, now

LONGEST_PAUSE = timedelta(days=1)  # until a step looks again at what it waits for


class Lost(Exception):
    """The lease has gone to somebody else, or a person turned the order round."""


@dataclass(frozen=True)
class Lease:
    """A held lease. `bell` is the count of rings that this look has heard."""

    order_id: int
    fence: int
    bell: int


def takeable(moment: datetime) -> QuerySet[Order]:
    """Return the orders whose time has come and whom nobody holds.

    What was written by a clock that had gone astray counts as the past: a lease that no right
    clock can have given, and a next look later than any step may ask for.
    """
    held_by_nobody = Q(lease_until=None) | Q(lease_until__lte=moment)
    held_too_long = Q(lease_until__gt=moment + settings.BERTH_LEASE + ASTRAY)
    due = Q(next_try_at__lte=moment) | Q(next_try_at__gt=moment + LONGEST_PAUSE + ASTRAY)
    return Order.objects.filter(held_by_nobody | held_too_long, due, ended_as="")


def take(order_id: int, owner: str) -> Lease | None:
    """Take the order if it is due and nobody holds it; None when somebody else does."""
    moment = now()
    taken = (
        takeable(moment)
        .filter(pk=order_id)
        .update(lease_owner=owner, lease_until=moment + settings.BERTH_LEASE, fence=F("fence") + 1)
    )
    if not taken:
        return None
    row = Order.objects.filter(pk=order_id, lease_owner=owner).values("fence", "bell").first()
    return Lease(order_id, row["fence"], row["bell"]) if row else None


def renew(lease: Lease) -> None:
    """Start the lease's time anew before an effect. Raises Lost when it is not ours any more."""
    moment = now()
    kept = Order.objects.filter(
        pk=lease.order_id, fence=lease.fence, lease_until__gt=moment
    ).update(lease_until=moment + settings.BERTH_LEASE)
    if not kept:
        raise Lost


def hold(order: Order, fence: int, **columns: Any) -> None:
    """Make the order's row ours until the transaction ends, and set columns on it.

    Raises Lost unless lease, direction and revision are what they were when the order was read.
    """
    columns.setdefault("fence", fence)
    held = Order.objects.filter(
        pk=order.pk,
        fence=fence,
        lease_until__gt=now(),
        direction=order.direction,
        revision_number=order.revision_number,
        ended_as="",
    ).update(**columns)
    if not held:
        raise Lost


def release(lease: Lease) -> bool:
    """Let go until the next run is due. False: somebody rang meanwhile, so look again."""
    due = (
        StepRun.objects.filter(order=OuterRef("pk"), state=RunState.WAITING)
        .order_by()
        .values("order")
        .annotate(first=Min("next_try_at"))
        .values("first")
    )
    ours = Order.objects.filter(pk=lease.order_id, fence=lease.fence)
    if ours.filter(bell=lease.bell).update(
        lease_owner="", lease_until=None, next_try_at=Subquery(due)
    ):
        return True
    return not ours.exists()


def drop(lease: Lease) -> None:
    """Let go and leave it due as it is: somebody turned the order, or our time is up."""
    Order.objects.filter(pk=lease.order_id, fence=lease.fence).update(
        lease_owner="", lease_until=None
    )


def heard(lease: Lease) -> Lease:
    """Return the lease with the rings counted that came since it was taken.

    What waits becomes due: a ring that came while a step was looked at found nothing to wake.
    """
    bell = Order.objects.values_list("bell", flat=True).get(pk=lease.order_id)
    StepRun.objects.filter(order=lease.order_id, state=RunState.WAITING).update(next_try_at=now())
    return Lease(lease.order_id, lease.fence, bell)
