"""Flagging people as having left, and taking that back: nothing else writes these rows."""

from django.db import IntegrityError, transaction

from accounts.doers import Doer, operator
from accounts.models import Leaver, Session, User
from audit import ledger
from portal.clock import now


@transaction.atomic
def flag(person: User, *, told_by: str, by: Doer) -> bool:
    """Flag a person: their sessions end, their tokens open nothing. False when they were before."""
    actor = operator(by)
    try:
        with transaction.atomic():
            Leaver.objects.create(user=person, told_by=told_by)
    except IntegrityError:
        return False
    Session.objects.filter(user=person).delete()
    changes = {"left, told by": (None, told_by)}
    ledger.note("flagged as having left", person.as_subject, by=actor, changes=changes)
    return True


@transaction.atomic
def clear(leaver: Leaver, *, by: Doer, reason: str = "") -> bool:
    """Take the flag away: their tokens open again; nothing else is undone. False when it is off."""
    actor = operator(by)
    flagged = Leaver.objects.filter(pk=leaver.pk, cleared_at=None)
    if not flagged.update(cleared_at=now()):
        return False
    changes = {"left, told by": (leaver.told_by, None)}
    about = leaver.user.as_subject
    ledger.note("found again", about, by=actor, changes=changes, reason=reason)
    return True
