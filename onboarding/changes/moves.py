"""How a change of the built-in system gets from stage to stage, and what time does to it.

Each is called inside a transaction that holds the order, or moves rows by conditional updates.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from audit import ledger
from audit.ledger import SYSTEM
from onboarding import subjects
from onboarding.changes import guards, policies
from onboarding.changes.models import Approval, Change, ChangeStatus, Decision, Stage, StageGroup
from onboarding.models import Order
from portal.clock import now

UNDECIDED = "Nobody decided in time."
UNANSWERED = "A question was not answered in time."
REOPENED = "An approval of an earlier stage was taken back."


def seat(change: Change, stages: Sequence[policies.Stage]) -> None:
    """Write down the stages of a change that was just made, and open the first."""
    for number, each in enumerate(stages, start=1):
        stage = Stage.objects.create(
            change=change,
            number=number,
            name=each.name,
            is_anybodys=not each.groups,
            needed=each.needed,
            within=each.within,
            escalate_to=list(each.escalate_to),
        )
        StageGroup.objects.bulk_create(StageGroup(stage=stage, name=name) for name in each.groups)
    _open_next(change)


def _open_next(change: Change) -> bool:
    """Open the first stage that has not ended; False when there is none left."""
    stage = Stage.objects.filter(change=change, ended_at=None).first()
    if stage is None:
        return False
    stage.opened_at = now()
    Stage.objects.filter(pk=stage.pk).update(opened_at=stage.opened_at)
    Change.objects.filter(pk=change.pk).update(expires_at=_due(change, stage))
    return True


def _due(change: Change, stage: Stage) -> datetime:
    """Return by when a stage has to end: in its own time, and before the start that is asked for.

    Where that is over, such as when an approval is taken back later, the change's own time counts.
    """
    starts = change.window_start
    latest = starts if starts is not None and starts > now() else change.lapses_at
    if stage.within is None or stage.opened_at is None:
        return latest
    return min(stage.opened_at + stage.within, latest)


def put_off(change: Change, at: datetime | None) -> None:
    """Let a change that waits start no earlier than this; its approval holds as long from then."""
    patience = change.lapses_at - (change.window_start or change.opened_at)
    lapses = max(at or change.opened_at, change.opened_at) + patience
    Change.objects.filter(pk=change.pk).update(window_start=at, lapses_at=lapses)
    change.refresh_from_db()
    stage = change.stage
    if stage is not None:
        Change.objects.filter(pk=change.pk).update(expires_at=_due(change, stage))


def end_stage_if_enough(change: Change, stage: Stage) -> None:
    """End the stage when enough people have approved; open the next, or approve the change."""
    given = Approval.objects.filter(
        change=change, stage=stage.number, decision=Decision.APPROVED, taken_back_at=None
    )
    if given.count() < stage.needed:
        return
    Stage.objects.filter(pk=stage.pk).update(ended_at=now())
    go_on(change)
    change.refresh_from_db()
    if not _open_next(change):
        Change.objects.filter(pk=change.pk, status=ChangeStatus.AUTHORIZE).update(
            status=ChangeStatus.SCHEDULED, expires_at=F("lapses_at")
        )


def reopen(change: Change, number: int) -> None:
    """Begin again with this stage: approvals of later ones rested on it, so they go too."""
    moment = now()
    later = Approval.objects.filter(change=change, stage__gt=number, taken_back_at=None)
    later.update(taken_back_at=moment, taken_back_why=REOPENED)
    Stage.objects.filter(change=change, number__gte=number).update(opened_at=None, ended_at=None)
    Change.objects.filter(pk=change.pk).update(status=ChangeStatus.AUTHORIZE)
    _open_next(change)


def pause(change: Change) -> None:
    """Stop the clock of the change, unless it stands still already."""
    Change.objects.filter(pk=change.pk, paused_at=None).update(paused_at=now())


def go_on(change: Change) -> None:
    """Let the clock of the change run again, later by as long as it stood still."""
    fresh = Change.objects.get(pk=change.pk)
    if fresh.paused_at is not None:
        stood = now() - fresh.paused_at
        Change.objects.filter(pk=change.pk, paused_at=fresh.paused_at).update(
            paused_at=None, expires_at=fresh.expires_at + stood, lapses_at=fresh.lapses_at + stood
        )


def let_time_pass(change: Change, moment: datetime) -> None:
    """Escalate or expire a change whose time to decide is over; again is nothing."""
    patience = change.lapses_at - change.opened_at
    if change.paused_at is not None and change.paused_at + patience <= moment:
        _expire(change, UNANSWERED, moment)
    elif guards.is_over_time(change.expires_at, change.paused_at, moment):
        stage = change.stage
        if stage is None or not _escalate(change, stage, moment):
            _expire(change, UNDECIDED, moment)


def _expire(change: Change, why: str, moment: datetime) -> None:
    waiting = Change.objects.filter(
        pk=change.pk,
        status=ChangeStatus.AUTHORIZE,
        expires_at=change.expires_at,
        paused_at=change.paused_at,
    )
    waiting.update(status=ChangeStatus.EXPIRED, closed_at=moment, close_note=why)


@transaction.atomic
def _escalate(change: Change, stage: Stage, moment: datetime) -> bool:
    """Ask further groups as well, for as long again; False where that is not foreseen, or done."""
    if not stage.escalate_to or stage.within is None:
        return False
    there = Stage.objects.filter(pk=stage.pk, ended_at=None, escalated_at=None)
    if not there.update(escalated_at=moment):
        return Stage.objects.filter(pk=stage.pk).exclude(escalated_at=stage.escalated_at).exists()
    asked = [StageGroup(stage=stage, name=name) for name in stage.escalate_to]
    StageGroup.objects.bulk_create(asked, ignore_conflicts=True)
    due = moment + stage.within
    waiting = Change.objects.filter(pk=change.pk, status=ChangeStatus.AUTHORIZE)
    waiting.filter(Q(lapses_at__lt=due)).update(lapses_at=due)
    waiting.update(expires_at=due)
    for order in Order.objects.filter(uuid=change.order_uuid).select_related("tenant"):
        words = f"{stage}: {', '.join(stage.escalate_to)} may decide too, as nobody did in time."
        ledger.note("escalated", subjects.of(order), by=SYSTEM, reason=words)
    return True
