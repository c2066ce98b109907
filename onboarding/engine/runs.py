"""Writing down what a step is about to do and what came of it, each in one short transaction."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from audit import ledger
from onboarding import subjects
from onboarding.engine.agenda import History, Item
from onboarding.engine.lease import LONGEST_PAUSE, Lease, Lost, hold
from onboarding.engine.steps import Done, Outcome, Reopen, Wait
from onboarding.models import Direction, Order, Progress, Revision, RunState, StepRun
from portal.clock import now
from portal.errors import BerthError, ChangeExpired, Conflict, Denied, Temporary

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=5)
BUG_DELAY = timedelta(hours=1)  # a deployed fix rescues the order without a hand on the database
CONFLICT_TRIES = 5
BUG = "engine.bug"
# nobody holds an order that is over, even where its last worker never came to let go
OVER = {"lease_owner": "", "lease_until": None}


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after a failed attempt: doubled each time, five minutes at most."""
    doublings = min(attempt - 1, 10)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def intend(lease: Lease, order: Order, item: Item, history: History) -> StepRun:
    """Write down that the step is about to act, so that undo knows what may have happened.

    A run that was left in mid-step by a worker that died is closed and counted as a failure. The
    lease's time starts anew.

    Raises Lost when the lease is no longer ours.
    """
    with transaction.atomic():
        _hold(lease, order, lease_until=now() + settings.BERTH_LEASE)
        if item.last is not None and item.last.state == RunState.WAITING:
            return _resumed(item.last)
        if item.last is not None and item.last.state == RunState.MOVING:
            _move(
                item.last,
                RunState.OVER,
                succeeded=False,
                finished_at=now(),
                note="The worker stopped in mid-step.",
            )
        return StepRun.objects.create(
            order=order,
            revision=order.revision_number,
            step=item.step.name,
            placement_id=item.placement_id,
            direction=order.direction,
            attempt=history.next_attempt(item.step, item.placement_id),
            acted_at=now(),
            looks=1,
        )


def _resumed(run: StepRun) -> StepRun:
    run.looks += 1
    _move(run, RunState.MOVING, acted_at=now(), looks=run.looks, next_try_at=None)
    return run


def conclude(lease: Lease, order: Order, run: StepRun, outcome: Outcome) -> None:
    """Write the outcome, if lease, fence, direction and the run's state are what they were.

    Raises Lost otherwise, and then nothing is written.
    """
    with transaction.atomic():
        match outcome:
            case Done(note, columns):
                over = bool(columns.get("ended_as"))
                _hold(lease, order, **columns, **(OVER if over else {}))
                _over(run, succeeded=True, note=note)
                if over:
                    tell(order, "ended", note)
            case Wait(note, waits_for, recheck, problem):
                _hold(lease, order)
                _move(
                    run,
                    RunState.WAITING,
                    note=note,
                    waits_for=waits_for,
                    next_try_at=now() + min(recheck, LONGEST_PAUSE),
                    error_code=problem.code if problem else "",
                    error_detail=problem.detail if problem else "",
                )
            case Reopen(reason):
                reopen(lease, order, run, reason)


def reopen(lease: Lease, order: Order, run: StepRun, reason: str) -> None:
    """Leave this revision for the next one with the same answers, inside a transaction."""
    last = order.revisions.get(number=order.revision_number)
    _hold(lease, order, revision_number=last.number + 1, change_number="", change_started_at=None)
    _over(run, succeeded=False, note=reason)
    close_open(order)
    order.revisions.filter(pk=last.pk).update(change_number=order.change_number)
    Revision.objects.create(
        order=order,
        number=last.number + 1,
        answers=last.answers,
        allotted=last.allotted,
        made_by=last.made_by,
        why=reason,
    )
    tell(order, "began anew", reason)


def fail(lease: Lease, order: Order, run: StepRun, error: BerthError) -> None:
    """Write down a foreseen failure; what follows depends on its kind.

    Temporary: another attempt later. Conflict: another attempt, a few times, then a person.
    Denied (onward, before the berth is operational): the order goes back. Else: a person.
    Raises Lost like `conclude`.
    """
    with transaction.atomic():
        if isinstance(error, Denied) and _may_turn_back(order):
            _hold(
                lease,
                order,
                direction=Direction.BACK,
                back_reason=error.detail,
                back_as=_ended_as(error),
            )
            _over(run, succeeded=False, error_code=error.code, error_detail=error.detail)
            close_open(order)
            tell(order, "turned back", error.detail)
        elif isinstance(error, Temporary) or _conflicts(run, error) < CONFLICT_TRIES:
            _hold(lease, order)
            _over(run, succeeded=False, error_code=error.code, error_detail=error.detail)
            _try_again(run, error.code, error.detail, backoff(run.attempt))
        else:
            _hold(lease, order)
            _move(run, RunState.STUCK, error_code=error.code, error_detail=error.detail, note="")


def _may_turn_back(order: Order) -> bool:
    """Read it anew: the step itself may have settled the order."""
    onward = Order.objects.filter(pk=order.pk, direction=Direction.ONWARD)
    return onward.filter(settled_at=None).exists()


def _conflicts(run: StepRun, error: BerthError) -> int:
    """Return how often this step met this conflict, this time counted; no conflict is too often.

    Other failures do not count: a conflict after a night without a Git host is still the first.
    """
    if not isinstance(error, Conflict):
        return CONFLICT_TRIES
    same = StepRun.objects.filter(
        order=run.order_id,
        revision=run.revision,
        step=run.step,
        placement=run.placement_id,
        direction=run.direction,
    )
    return same.filter(succeeded=False, error_code=error.code).count() + 1


def _ended_as(error: BerthError) -> Progress:
    return Progress.EXPIRED if isinstance(error, ChangeExpired) else Progress.REFUSED


def fail_unforeseen(lease: Lease, order: Order, run: StepRun) -> None:
    """Write down a bug: tried again in an hour, and shown to operators meanwhile."""
    with transaction.atomic():
        _hold(lease, order)
        _over(run, succeeded=False, error_code=BUG)
        _try_again(run, BUG, "", BUG_DELAY)


def close_open(order: Order, *, note: str = "") -> None:
    """Close what waits or is stuck, inside the transaction that turns the order.

    A run in mid-step stays as it is: its worker may be about to write an outcome.
    """
    _close(order, RunState.WAITING, RunState.STUCK, note=note)


def close_all(order: Order) -> None:
    """Close whatever is left, inside the transaction that ends the order."""
    _close(order, RunState.WAITING, RunState.STUCK, RunState.MOVING, note="Overtaken by the end.")


def _close(order: Order, *states: RunState, note: str) -> None:
    StepRun.objects.filter(order=order, state__in=states).update(
        state=RunState.OVER, succeeded=False, finished_at=now(), waits_for="", note=note
    )


def tell(order: Order, verb: str, reason: str) -> None:
    """Write into the ledger what became of an order, inside the transaction that made it so."""
    ledger.note(verb, subjects.of(order), by=ledger.SYSTEM, reason=reason)


def _try_again(run: StepRun, code: str, detail: str, delay: timedelta) -> None:
    StepRun.objects.create(
        order_id=run.order_id,
        revision=run.revision,
        step=run.step,
        placement_id=run.placement_id,
        direction=run.direction,
        attempt=run.attempt + 1,
        state=RunState.WAITING,
        next_try_at=now() + delay,
        waits_for="Berth tries again by itself",
        error_code=code,
        error_detail=detail,
    )


def _hold(lease: Lease, order: Order, **columns: Any) -> None:
    hold(order, lease.fence, **columns)


def _over(run: StepRun, *, succeeded: bool, **columns: Any) -> None:
    _move(
        run,
        RunState.OVER,
        succeeded=succeeded,
        finished_at=now(),
        waits_for="",
        **({"error_code": "", "error_detail": ""} | columns),
    )


def _move(run: StepRun, to: RunState, **columns: Any) -> None:
    seen = RunState(run.state)
    if not StepRun.objects.filter(pk=run.pk, state=seen).update(state=to, **columns):
        raise Lost
    run.state = to
