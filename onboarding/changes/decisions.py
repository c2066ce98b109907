"""Approving and refusing in the built-in change system: four eyes, one digest."""

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.changes.models import Approval, Change, ChangeStatus, Decision
from onboarding.models import Direction, Order
from onboarding.running import doorbell
from portal.clock import now
from portal.errors import (
    AlreadyDecided,
    BerthError,
    ChangeExpired,
    NotApprover,
    OwnOrder,
    PlanOutdated,
    ReasonMissing,
)


def why_not(order: Order, change: Change | None, by: User) -> BerthError | None:
    """Return what keeps this person from deciding on this order, or None."""
    return _not_this_person(order, by) or _not_any_more(change)


def _not_this_person(order: Order, by: User) -> BerthError | None:
    if not by.is_approver:
        return NotApprover("Deciding on orders needs the role approver.")
    if by.pk == order.requester_id:
        return OwnOrder("You asked for this yourself.")
    if order.revisions.filter(made_by=by).exists():
        return OwnOrder("You amended this order, so what you would approve is partly your own.")
    group = order.environment.approver_group
    if group and not by.groups.filter(name=group).exists():
        return NotApprover(f"Orders for {order.environment} are decided by members of {group}.")
    return None


def _not_any_more(change: Change | None) -> BerthError | None:
    if change is None or change.status != ChangeStatus.AUTHORIZE:
        return AlreadyDecided("This order does not wait for approval.")
    if change.expires_at <= now():
        return ChangeExpired("The time to decide is over.")
    return None


def refuse_others(order: Order, *, by: User) -> None:
    """Raise OwnOrder or NotApprover unless this person decides on such orders."""
    hindrance = _not_this_person(order, by)
    if hindrance is not None:
        raise hindrance


def capacity_in_words(order: Order, by: User) -> str:
    """Say by what right this person decides on the order."""
    group = order.environment.approver_group
    return f"{by} has the role approver{f' and is a member of {group}' if group else ''}."


def decidable(order: Order, *, by: User, digest: str) -> Change:
    """Return the change if this person may decide on it now and was shown this digest.

    Raises OwnOrder, NotApprover, AlreadyDecided, ChangeExpired, or PlanOutdated when the plan has
    another digest by now.
    """
    change = Change.objects.filter(number=order.change_number).exclude(number="").first()
    hindrance = why_not(order, change, by)
    if hindrance is not None:
        raise hindrance
    if change is None or change.digest != digest:
        raise PlanOutdated("The plan has changed since this page was shown.")
    return change


def decide(order: Order, *, by: User, decision: Decision, digest: str, reason: str = "") -> None:
    """Record one person's decision on the digest that they were shown.

    Raises what `decidable` raises, AlreadyDecided when somebody or something was quicker, or
    ReasonMissing for a refusal without words.
    """
    change = decidable(order, by=by, digest=digest)
    reason = reason.replace("\0", "").strip()  # PostgreSQL keeps no NUL
    if decision is Decision.REFUSED and not reason:
        raise ReasonMissing("A refusal needs a reason, so that the requester knows what to change.")
    with transaction.atomic():
        _hold(order, change)
        _record(change, by, decision, reason, order)
        ledger.note(decision.value, subjects.of(order), by=by.actor, reason=reason)
        doorbell.wake(order.pk)


def _hold(order: Order, change: Change) -> None:
    """Keep the order from moving until commit, if it still waits for a decision on this change."""
    waiting = Order.objects.filter(
        pk=order.pk, change_number=change.number, direction=Direction.ONWARD, ended_as=""
    )
    if not waiting.update(bell=F("bell") + 1):
        raise AlreadyDecided("The order was amended or withdrawn meanwhile.")


def _record(change: Change, by: User, decision: Decision, reason: str, order: Order) -> None:
    to = ChangeStatus.SCHEDULED if decision is Decision.APPROVED else ChangeStatus.REFUSED
    moved = Change.objects.filter(
        pk=change.pk, status=ChangeStatus.AUTHORIZE, digest=change.digest, expires_at__gt=now()
    ).update(status=to, close_note=reason if decision is Decision.REFUSED else "")
    if not moved:
        raise AlreadyDecided("Somebody else was quicker.")
    try:
        with transaction.atomic():
            Approval.objects.create(
                change=change,
                person=by,
                decision=decision,
                digest=change.digest,
                reason=reason,
                capacity=order.environment.approver_group or "approver",
            )
    except IntegrityError as error:
        raise AlreadyDecided("You decided on this before.") from error
