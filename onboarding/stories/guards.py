"""What must hold each time before something happens on a cluster or in a repository."""

from onboarding.calendar import glass, in_force
from onboarding.engine.steps import Task, Tools
from onboarding.entitlement import checks
from onboarding.ports import ChangeState, Verdict
from portal.clock import now
from portal.errors import ApprovalMissing, ChangeExpired, ChangeRefused, WindowClosed


def guard(task: Task, tools: Tools) -> None:
    """Require approval in force for this plan's digest, an open window and a live entitlement.

    Raises the error that says which of them is missing.
    """
    change_in_force(task, tools)
    calendar_is_open(task)
    checks.require(tools.sources, task.order, point="effect")


def change_in_force(task: Task, tools: Tools) -> None:
    """Require approval in force for this plan's digest, and that its own window is open."""
    state = tools.changes.state(task.order.change_number)
    require_approval(state, task.plan.digest)
    if task.order.settled_at is None:  # later nothing can be taken back, whatever the calendar says
        refuse_past_window(state)
    if not window_is_open(state):
        raise WindowClosed("The change window is not open.")


def calendar_is_open(task: Task) -> None:
    """Require that no freeze holds and no maintenance window is missing where the step acts.

    A step of the whole order, such as its start or its push, acts for all of its clusters, so one
    that is closed holds it. Two people may let an order pass for a
    while. Raises WindowClosed in the words of the calendar.
    """
    places = in_force.places_of(task.order, task.revision)
    if task.placement is not None:
        places = in_force.on(task.order.tenant.slug, [task.placement.cluster])
    closure = in_force.closure(places)
    if closure is not None and not glass.in_force(task.order.pk, now()):
        raise WindowClosed(closure.words, waits_for=closure.waits_for)


def require_approval(state: ChangeState, digest: str) -> None:
    """Raise unless the change is approved, and approved for exactly this digest."""
    match state.verdict:
        case Verdict.APPROVED:
            if state.digest != digest:
                raise ApprovalMissing("What was approved is not what would be made.")
        case Verdict.PENDING:
            raise ApprovalMissing("Nobody has approved this yet.")
        case Verdict.EXPIRED:
            raise ChangeExpired(state.note or "Nobody decided in time.")
        case Verdict.REFUSED:
            raise ChangeRefused(state.note or "The change was refused.")
        case Verdict.WITHDRAWN:
            raise ChangeRefused(f"Change {state.number} was cancelled.")


def refuse_past_window(state: ChangeState) -> None:
    """Raise ChangeExpired once the window is over: it opens no second time, so waiting is vain."""
    if state.window_end is not None and state.window_end <= now():
        raise ChangeExpired("The change window closed before everything was made.")


def window_is_open(state: ChangeState) -> bool:
    """Say whether now is inside the change's window; a side that is not set is open."""
    started = state.window_start is None or state.window_start <= now()
    ended = state.window_end is not None and state.window_end <= now()
    return started and not ended
