"""What a change is opened with, and what to say of it."""

from django.conf import settings

from onboarding.changes.models import Approval, Decision
from onboarding.engine.steps import Task
from onboarding.entitlement import checks
from onboarding.models import Order
from onboarding.ports import ChangeWish
from portal.clock import now
from tenants.catalogue import ChangeType


def wish_of(task: Task, in_short: str) -> ChangeWish:
    """Return the wish for this order and revision; its key is the same on every try.

    `in_short` says in words what the plan brings about.
    """
    order, plan = task.order, task.plan
    return ChangeWish(
        key=task.key,
        order_uuid=order.uuid,
        title=f"{order.title} for {order.tenant.slug}"[:200],
        description=f"{in_short}. {_why(task)}Digest {plan.digest}.",
        digest=plan.digest,
        standard=is_standard(order),
        approver_group=order.environment.approver_group,
        requester=order.requester.ident,
        expires_at=now() + settings.BERTH_APPROVAL_TTL,
    )


def is_standard(order: Order) -> bool:
    """Say whether policy approves the order: its environment says so, and nobody is in doubt."""
    standard = order.environment.change_type == ChangeType.STANDARD
    return standard and not checks.is_referred(order)


def _why(task: Task) -> str:
    reason = str(task.revision.answers.get("reason", "")).strip()
    return f"Reason: {reason.rstrip('.')}. " if reason else ""


def approvers(order: Order) -> str:
    """Say whose move it is while the change waits for approval."""
    group = order.environment.approver_group
    return f"approvers in {group}" if group else "an approver"


def approved_by(order: Order) -> str:
    """Say who approved the order's change, or that policy did."""
    if is_standard(order):
        return "Approved by policy: a standard change."
    approvals = Approval.objects.filter(
        change__number=order.change_number, decision=Decision.APPROVED
    ).select_related("person")
    people = ", ".join(str(each.person) for each in approvals)
    return f"Approved by {people or 'the change system'}."
