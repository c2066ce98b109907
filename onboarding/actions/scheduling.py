"""Putting a window of the calendar in force, in another's place, or taking it away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.doers import Doer, operator
from audit import ledger
from audit.ledger import Actor, Subject
from onboarding.calendar.in_force import MOVED
from onboarding.calendar.models import WindowEdition
from onboarding.calendar.windows import over_at
from onboarding.models import Order, RunState, StepRun
from onboarding.running import doorbell
from portal.clock import now
from portal.errors import RecordMoved, WindowClosed

SAID = (
    *("kind", "name", "reason", "scope", "region", "cluster", "tenant", "zone"),
    *("first_day", "first_time", "minutes", "rule", "until"),
)
TAKEN = "Somebody else has put a window of this name in force since you looked."


@transaction.atomic
def put_window(
    edition: WindowEdition, *, instead_of: WindowEdition | None = None, by: Doer
) -> WindowEdition:
    """Put an edition in force, in the place of another where one is given.

    Raises RecordMoved when that one is no longer in force, ValidationError in words, RoleMissing.
    """
    actor = operator(by)
    if instead_of is not None:
        _end(instead_of, actor, edition.why)
        edition.window, edition.number = instead_of.window, instead_of.number + 1
    edition.put_by, edition.put_at = actor.name[:200], now()
    edition.full_clean()
    edition.over_at = over_at(edition.as_window)
    try:
        with transaction.atomic():
            edition.save(force_insert=True)
    except IntegrityError as error:
        raise RecordMoved(TAKEN) from error
    _note("replaced" if instead_of else "added", edition, instead_of, actor)
    _wake()
    return edition


@transaction.atomic
def withdraw_window(edition: WindowEdition, *, why: str, by: Doer) -> None:
    """Take a window away; what it was stays in the history. Raises RecordMoved, RoleMissing."""
    actor = operator(by)
    _end(edition, actor, why)
    subject = _subject(edition)
    ledger.note("withdrew", subject, by=actor, reason=why, changes=_changes(edition, None))
    _wake()


def _end(edition: WindowEdition, by: Actor, why: str) -> None:
    there = WindowEdition.objects.filter(pk=edition.pk, ended_at=None)
    if not there.update(ended_at=now(), ended_by=by.name[:200], ended_why=why):
        raise RecordMoved(MOVED)


def _note(verb: str, comes: WindowEdition, goes: WindowEdition | None, by: Actor) -> None:
    also = [_subject(goes)] if goes and _tenant(goes) != _tenant(comes) else []
    changes = _changes(goes, comes)
    ledger.note(verb, _subject(comes), by=by, reason=comes.why, changes=changes, also=also)


def _subject(edition: WindowEdition) -> Subject:
    tenant = _tenant(edition)
    return Subject("Window", edition.window, str(edition), tenant, tenant)


def _tenant(edition: WindowEdition) -> UUID | None:
    return edition.tenant.uuid if edition.tenant is not None else None


def _changes(goes: WindowEdition | None, comes: WindowEdition | None) -> Mapping[str, Any]:
    before, after = _said(goes), _said(comes)
    return {
        name: (before.get(name), after.get(name))
        for name in SAID
        if before.get(name) != after.get(name)
    }


def _said(edition: WindowEdition | None) -> Mapping[str, Any]:
    if edition is None:
        return {}
    said = {name: getattr(edition, name) for name in SAID}
    return {name: str(value) for name, value in said.items() if value not in ("", None)}


def _wake() -> None:
    """Let every order look again that waits for a window: it may be open by now."""
    waiting = StepRun.objects.filter(state=RunState.WAITING, error_code=WindowClosed.code)
    orders = Order.objects.filter(pk__in=waiting.values("order"), ended_as="").order_by("pk")
    for number in orders.values_list("pk", flat=True):
        doorbell.wake(number)
