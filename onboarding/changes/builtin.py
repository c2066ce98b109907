"""The built-in change system behind the port of change control."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from onboarding.changes import moves
from onboarding.changes.models import Change, ChangeStatus
from onboarding.ports import ChangeState, ChangeWish, Verdict
from portal.clock import now
from portal.errors import ChangeRefused
from tenants.catalogue import ChangeType

VERDICTS = {
    ChangeStatus.AUTHORIZE: Verdict.PENDING,
    ChangeStatus.SCHEDULED: Verdict.APPROVED,
    ChangeStatus.IMPLEMENT: Verdict.APPROVED,
    ChangeStatus.CLOSED: Verdict.WITHDRAWN,
    ChangeStatus.REFUSED: Verdict.REFUSED,
    ChangeStatus.EXPIRED: Verdict.EXPIRED,
    ChangeStatus.CANCELED: Verdict.WITHDRAWN,
}
OPEN = (ChangeStatus.AUTHORIZE, ChangeStatus.SCHEDULED, ChangeStatus.IMPLEMENT)


class BuiltinChanges:
    """Changes kept in the portal's own tables; people decide in its inbox."""

    def open(self, wish: ChangeWish) -> str:
        """Return the number of the change with this key, made now if there was none."""
        with transaction.atomic():
            change, made = Change.objects.get_or_create(key=wish.key, defaults=_columns(wish))
            if made:
                _make_ready(change, wish)
            number = f"CHG{change.pk:07d}"
            Change.objects.filter(pk=change.pk, number="").update(number=number)
        return number

    def unclosed(self, order_uuid: UUID) -> Sequence[str]:
        """Return the numbers of this order's changes that are neither closed nor cancelled."""
        found = Change.objects.filter(order_uuid=order_uuid, status__in=OPEN)
        return list(found.values_list("number", flat=True))

    def state(self, number: str) -> ChangeState:
        """Return the change as it is now; one that nobody decided in time has expired."""
        change = _expired_or_kept(number, now())
        return ChangeState(
            number=number,
            verdict=VERDICTS[ChangeStatus(change.status)],
            digest=change.digest,
            window_start=change.window_start,
            window_end=change.window_end,
            note=change.close_note,
        )

    def start(self, number: str) -> None:
        """Begin an approved change; again on a begun one is nothing.

        Raises ChangeRefused when it is not approved any more.
        """
        approved = Q(status=ChangeStatus.SCHEDULED) & ~_unused_by(now())
        begun = Q(status=ChangeStatus.IMPLEMENT)
        startable = Change.objects.filter(approved | begun, number=number)
        if not startable.update(status=ChangeStatus.IMPLEMENT):
            raise ChangeRefused(f"Change {number} is no longer approved.")

    def close(self, number: str, *, successful: bool, note: str) -> None:
        """Close a change with its result; again on a closed one is nothing."""
        Change.objects.filter(number=number, status__in=OPEN).update(
            status=ChangeStatus.CLOSED, successful=successful, close_note=note, closed_at=now()
        )

    def cancel(self, number: str, *, note: str) -> None:
        """Cancel a change that has not been closed; again is nothing."""
        Change.objects.filter(number=number, status__in=OPEN).update(
            status=ChangeStatus.CANCELED, close_note=note, closed_at=now()
        )


def _make_ready(change: Change, wish: ChangeWish) -> None:
    """Seat those who decide; an approval holds as long from a later start as from the opening."""
    if wish.not_before is not None:
        later = max(wish.not_before - change.opened_at, timedelta())
        change.lapses_at += later
        change.save(update_fields=["lapses_at"])
    moves.seat(change, wish.stages)


def _columns(wish: ChangeWish) -> dict[str, object]:
    return {
        "order_uuid": wish.order_uuid,
        "type": ChangeType.STANDARD if wish.standard else ChangeType.NORMAL,
        "status": ChangeStatus.SCHEDULED if wish.standard else ChangeStatus.AUTHORIZE,
        "title": wish.title,
        "description": wish.description,
        "digest": wish.digest,
        "requester": wish.requester,
        "policy": wish.policy,
        "control": wish.control,
        "expires_at": wish.expires_at,
        "lapses_at": wish.expires_at,
        "window_start": wish.not_before,
    }


def _unused_by(moment: datetime) -> Q:
    """An approval holds until its window is over, or without an end of it until it lapses."""
    without_end = Q(window_end=None, lapses_at__lte=moment)
    return without_end | Q(window_end__isnull=False, window_end__lte=moment)


UNUSED = "The approval was not used in time."


def _expired_or_kept(number: str, moment: datetime) -> Change:
    unused = Change.objects.filter(_unused_by(moment), number=number, status=ChangeStatus.SCHEDULED)
    unused.update(status=ChangeStatus.EXPIRED, closed_at=moment, close_note=UNUSED)
    change = Change.objects.get(number=number)
    if change.status == ChangeStatus.AUTHORIZE:
        moves.let_time_pass(change, moment)
        change.refresh_from_db()
    return change
