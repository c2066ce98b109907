"""What a change is opened with, and what to say of it."""

from django.conf import settings

from onboarding import lookups
from onboarding.changes import foretelling
from onboarding.engine.steps import Task
from onboarding.models import Order
from onboarding.ports import ChangeWish
from portal.clock import now
from tenants.catalogue import ChangeType


def wish_of(task: Task, in_short: str) -> ChangeWish:
    """Return the wish for this order and revision; its key is the same on every try.

    `in_short` says in words what the plan brings about. Raises ControlBroken while nobody knows who
    decides.
    """
    order, plan = task.order, task.plan
    ruling = foretelling.ruling_of(order, task.revision)
    return ChangeWish(
        key=task.key,
        order_uuid=order.uuid,
        title=f"{order.title} for {order.tenant.slug}"[:200],
        description=f"{in_short}. {_why(task)}Digest {plan.digest}.",
        digest=plan.digest,
        requester=order.requester.ident,
        expires_at=now() + settings.BERTH_APPROVAL_TTL,
        stages=ruling.stages,
        not_before=order.not_before,
        policy=ruling.policy,
        control=ruling.revision,
    )


def _why(task: Task) -> str:
    reason = str(task.revision.answers.get("reason", "")).strip()
    return f"Reason: {reason.rstrip('.')}. " if reason else ""


def waits_for(order: Order) -> str:
    """Say whose move it is while the change waits for approval."""
    change = lookups.change_of(order)
    stage = change.stage if change else None
    if change is None or stage is None:
        return "an approver"
    if change.paused_at is not None and change.question is not None:
        return f"the answer of {order.requester} to {change.question.asked_by}"
    given = len([each for each in change.approvals.all() if each.counts_in(stage)])
    return f"{stage.words} ({given} so far)" if given else stage.words


def approved_by(order: Order) -> str:
    """Say who approved the order's change, or that policy did."""
    change = lookups.change_of(order)
    if change is not None and change.type == ChangeType.STANDARD:
        return "Approved by policy: a standard change."
    approvals = change.approvals.all() if change else []
    people = ", ".join(str(each.person) for each in approvals if each.is_in_force)
    return f"Approved by {people or 'the change system'}."
