"""Letting another approver decide in one's place for a while, and ending that."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit import ledger
from onboarding.changes import deputies
from onboarding.changes.deputies import LONGEST, Delegation
from onboarding.wording import said_by
from portal.clock import now
from portal.errors import DelegationUnfit, NotApprover, NotEntitled


def delegate(deputy: User, *, begins: datetime, ends: datetime, why: str, by: User) -> Delegation:
    """Let a deputy decide in this person's place between two moments.

    Raises NotApprover where there is nothing to lend, and DelegationUnfit in words for a deputy who
    is none, oneself, or a time that is over, turned round or too long.
    """
    if not by.is_approver:
        raise NotApprover("Only approvers have a vote to lend.")
    _refuse_unfit(deputy, begins, ends, by)
    with transaction.atomic():
        made = Delegation.objects.create(
            person=by,
            deputy=deputy,
            begins_at=begins,
            ends_at=ends,
            why=said_by(why)[:500],
        )
        changes = {"from": ("", begins.isoformat()), "until": ("", ends.isoformat())}
        ledger.note("delegated", made.as_subject, by=by.actor, reason=made.why, changes=changes)
    return made


def _refuse_unfit(deputy: User, begins: datetime, ends: datetime, by: User) -> None:
    if deputy.pk == by.pk:
        raise DelegationUnfit("Nobody is their own deputy.")
    if not deputies.possible(by).filter(pk=deputy.pk).exists():
        raise DelegationUnfit(f"{deputy} is no approver who can sign in.")
    if ends <= begins:
        raise DelegationUnfit("It would end before it begins.")
    if ends <= now():
        raise DelegationUnfit("That time is over.")
    if ends - begins > LONGEST:
        raise DelegationUnfit(f"It would last longer than {LONGEST.days} days.")


def end_delegation(delegation: Delegation, *, by: User, reason: str = "") -> None:
    """End a delegation now; again is nothing. What was decided by it stands.

    Raises NotEntitled unless it is the approver's own, or an operator ends it.
    """
    if by.pk != delegation.person_id and not by.is_operator:
        raise NotEntitled("Only the approver whose vote it is or an operator may end it.")
    with transaction.atomic():
        if Delegation.objects.filter(pk=delegation.pk, ended_at=None).update(ended_at=now()):
            ledger.note("ended", delegation.as_subject, by=by.actor, reason=reason)
