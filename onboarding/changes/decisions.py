"""Approving and refusing in the built-in change system: four eyes, one digest."""

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import ledger
from onboarding import doorbell, subjects
from onboarding.changes.models import Approval, Change, ChangeStatus, Decision
from onboarding.models import Order
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


def decide(order: Order, *, by: User, decision: Decision, digest: str, reason: str = "") -> None:
    """Record one person's decision on the digest that they were shown.

    Raises OwnOrder, NotApprover, AlreadyDecided, ChangeExpired, PlanOutdated when the plan has
    another digest by now, or ReasonMissing for a refusal without words.
    """
    change = Change.objects.filter(number=order.change_number).exclude(number="").first()
    hindrance = why_not(order, change, by)
    if hindrance is not None:
        raise hindrance
    if change is None or change.digest != digest:
        raise PlanOutdated("The plan has changed since this page was shown.")
    if decision is Decision.REFUSED and not reason.strip():
        raise ReasonMissing("A refusal needs a reason, so that the requester knows what to change.")
    with transaction.atomic():
        _record(change, by, decision, reason, order)
        ledger.note(decision.value, subjects.of(order), by=by.actor, reason=reason)
        doorbell.wake(order.pk)


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
                reason=reason.strip(),
                capacity=order.environment.approver_group or "approver",
            )
    except IntegrityError as error:
        raise AlreadyDecided("You decided on this before.") from error
