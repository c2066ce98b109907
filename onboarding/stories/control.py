"""The steps that every kind of order shares: ask, plan, open the change, wait, start; and close."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from onboarding.assessment.assessing import assess
from onboarding.assessment.models import Occasion
from onboarding.calendar import glass
from onboarding.changes import wishes
from onboarding.engine.steps import Done, Outcome, Reopen, Step, Task, Tools, Wait
from onboarding.entitlement import checks
from onboarding.models import Order, Plan, Progress
from onboarding.plans import drafting
from onboarding.plans.basis import Read
from onboarding.ports import ChangeState, Verdict
from onboarding.stories import guards, register
from portal.clock import now

POLL = timedelta(minutes=5)  # an approval rings the bell; this is for a bell that was lost
InShort = Callable[[Plan], str]
Result = Callable[[Order], str]


def _unasked(_task: Task) -> None:
    """Stop nothing that waits."""


def opening(
    read: Read, in_short: InShort, still: Callable[[Task], None] = _unasked
) -> tuple[Step, ...]:
    """Return the steps before anything is made.

    `read` is what the plan of this kind is rendered from, `in_short` says its size in words, and
    `still` raises what stops an order that nobody needs to decide on any more.
    """
    return (
        Step("check_entitlement", "Entitlement", check_entitlement),
        Step("draft_plan", "Plan", partial(draft_plan, read=read, in_short=in_short)),
        Step(
            "open_change",
            "Change",
            partial(open_change, in_short=in_short),
            undo=abandon_change,
            takes_back="Its change record, which is closed with your reason",
        ),
        Step("await_approval", "Approval", partial(await_approval, still=still)),
        Step("start_change", "Start", partial(start_change, read=read)),
    )


def closing(result: Result) -> tuple[Step, ...]:
    """Return the steps that end an order; `result` says in one sentence how it ended."""
    return (
        Step("close_change", "Close", partial(close_change, result=result)),
        Step("tell_requester", "Result", partial(tell_requester, result=result)),
    )


def check_entitlement(task: Task, tools: Tools) -> Outcome:
    """Ask whether the requester may have this at all."""
    answer = checks.require(tools.sources, task.order, point="check")
    return Done(answer.reason)


def draft_plan(task: Task, tools: Tools, *, read: Read, in_short: InShort) -> Outcome:
    """Render everything once and store it; from here on the digest names it."""
    plan = drafting.draft(task.order, task.revision, tools, read)
    _assess(task, Occasion.PLANNED)
    return Done(f"{in_short(plan)}.")


def open_change(task: Task, tools: Tools, *, in_short: InShort) -> Outcome:
    """Open the change for this digest, and cancel what earlier revisions left open."""
    number = tools.changes.open(wishes.wish_of(task, in_short(task.plan)))
    for other in tools.changes.unclosed(task.order.uuid):
        if other != number:
            tools.changes.cancel(other, note=task.revision.why)
    return Done(f"Change {number} is open.", columns={"change_number": number})


def abandon_change(task: Task, tools: Tools) -> Outcome:
    """Leave no change open behind an order that went back."""
    reason = task.order.back_reason
    for number in tools.changes.unclosed(task.order.uuid):
        if task.order.change_started_at:
            tools.changes.close(number, successful=False, note=reason)
        else:
            tools.changes.cancel(number, note=reason)
    return Done("No change is open.")


def await_approval(
    task: Task, tools: Tools, *, still: Callable[[Task], None] = _unasked
) -> Outcome:
    """Wait for people, or for the window; a change approved by policy passes at once."""
    still(task)
    state = tools.changes.state(task.order.change_number)
    if state.verdict is Verdict.PENDING:
        return _undecided(task)
    guards.require_approval(state, task.plan.digest)
    guards.refuse_past_window(state)
    starts = _start(task, state)
    if starts is not None and starts > now():
        return _until(starts)
    _assess(task, Occasion.APPROVED)
    return Done(wishes.approved_by(task.order))


def _start(task: Task, state: ChangeState) -> datetime | None:
    """Return when it may start: by the change's own window, and by what the requester asked for.

    The change may not know the second, where it was asked for while the change was being opened.
    """
    known = [each for each in (state.window_start, task.order.not_before) if each is not None]
    return max(known, default=None)


def _until(starts: datetime) -> Wait:
    """Wait until then, and look again just then."""
    said = "Approved; the window is not open."
    waits_for = f"its start, {starts:%a %-d %b %Y %H:%M} UTC"
    return Wait(said, waits_for=waits_for, recheck=min(POLL, starts - now()))


def _undecided(task: Task) -> Wait:
    return Wait("Waiting for approval.", waits_for=wishes.waits_for(task.order), recheck=POLL)


def start_change(task: Task, tools: Tools, *, read: Read) -> Outcome:
    """Look a last time, before anything is made, whether the plan is what was approved."""
    reason = drafting.outdated(task.plan, task.order, task.revision, tools, read)
    if reason:
        return Reopen(reason)  # the next revision cancels this one's change when it opens its own
    if tools.changes.state(task.order.change_number).verdict is Verdict.PENDING:
        return _undecided(task)  # somebody took their approval back
    guards.guard(task, tools)
    tools.changes.start(task.order.change_number)
    _assess(task, Occasion.STARTED)
    return Done("The change has started.", columns={"change_started_at": now()})


def _assess(task: Task, occasion: Occasion) -> None:
    """Keep what the order risks and meets, unless a worker that came late would say so."""
    with task.holding():
        assess(task.order, task.revision, occasion)


def close_change(task: Task, tools: Tools, *, result: Result) -> Outcome:
    """Close the change with its result; an emergency has to be reviewed before."""
    emergency = glass.unreviewed(task.order.pk)
    if emergency is not None:
        note = f"{emergency.incident} let this order pass the calendar, which nobody has reviewed."
        return Wait(note, waits_for="a review of the emergency", recheck=POLL)
    tools.changes.close(task.order.change_number, successful=True, note=result(task.order))
    return Done(f"Change {task.order.change_number} is closed.")


def tell_requester(task: Task, tools: Tools, *, result: Result) -> Outcome:
    """The order ends; the requester's pages say so."""
    ending = Progress.REHEARSED if register.is_rehearsal(task.order) else Progress.DONE
    return Done(
        result(task.order),
        columns={"ended_as": ending, "ended_at": now(), "next_try_at": None},
    )
