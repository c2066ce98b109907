"""Applications that people missed in the form: told to operators, and settled by them."""

from uuid import uuid4

from django.db import transaction

from accounts.models import User
from audit import ledger
from onboarding.models import Unlisted
from portal.clock import now
from portal.errors import ReasonMissing


def report_unlisted(*, by: User, name: str, note: str) -> Unlisted:
    """Tell the operators about an application that the form does not list."""
    if not name.strip():
        raise ReasonMissing("The name of the application is needed.")
    with transaction.atomic():
        wish = Unlisted.objects.create(person=by, name=name.strip()[:100], note=note.strip())
        about = ledger.Subject("Unlisted", uuid4(), wish.name)
        ledger.note("missed an application", about, by=by.actor, reason=wish.note)
    return wish


def settle_unlisted(wish: Unlisted, *, by: User) -> None:
    """Take a wish off the operators' list; again is nothing."""
    with transaction.atomic():
        settled = Unlisted.objects.filter(pk=wish.pk, settled_at=None).update(
            settled_at=now(), settled_by=by
        )
        if settled:
            about = ledger.Subject("Unlisted", uuid4(), wish.name)
            ledger.note("settled a missed application", about, by=by.actor)
