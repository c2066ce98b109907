"""Deciding on an order: an approver approves or refuses what a digest names."""

from accounts.models import User
from onboarding.changes import decisions
from onboarding.changes.models import Decision
from onboarding.entitlement import checks
from onboarding.entitlement.asking import Sources
from onboarding.models import Order
from portal.errors import NotEntitled, RequesterNotEntitled


def approve(order: Order, *, by: User, digest: str, reason: str, sources: Sources) -> None:
    """Approve what the digest names. The requester's entitlement is checked once more.

    Raises what `decisions.decide` raises, RequesterNotEntitled when the requester has lost the
    right, and EntitlementUnknown when no source could tell.
    """
    decisions.decidable(order, by=by, digest=digest)
    try:
        checks.require(sources, order, point="approval")
    except NotEntitled as error:
        raise RequesterNotEntitled(error.detail) from error
    decisions.decide(order, by=by, decision=Decision.APPROVED, digest=digest, reason=reason)


def refuse(order: Order, *, by: User, digest: str, reason: str) -> None:
    """Refuse the order, with a reason that the requester reads. It goes back by itself."""
    decisions.decide(order, by=by, decision=Decision.REFUSED, digest=digest, reason=reason)
