"""Deciding on an order: an approver approves or refuses what a digest names."""

from django.conf import settings
from django.db import transaction

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.changes import decisions
from onboarding.changes.lifecycle import Verb
from onboarding.changes.models import Decision
from onboarding.entitlement import checks
from onboarding.entitlement.asking import Sources
from onboarding.models import Order
from onboarding.ports import Answer, Outcome
from portal.errors import BerthError, NotApprover, NotEntitled, OwnOrder, RequesterNotEntitled


def approve(order: Order, *, by: User, digest: str, reason: str, sources: Sources) -> None:
    """Approve what the digest names. The requester's entitlement is checked once more.

    What makes this person an approver is kept as evidence: the approval stands on it also when the
    right is gone later. Sources are asked about the approver too where the site wants that.

    Raises what `decisions.decide` raises, NotEntitled when sources do not let this person approve,
    RequesterNotEntitled when the requester has lost the right, and EntitlementUnknown when no
    source could tell.
    """
    _look(order, Verb.APPROVE, by=by, digest=digest)
    if settings.BERTH_ENTITLEMENT_APPROVERS:
        _ask_about(by, order, sources)
    try:
        checks.require(sources, order, point="approval")
    except NotEntitled as error:
        raise RequesterNotEntitled(error.detail) from error
    _keep(order, by, Outcome.PERMIT, "may_decide", decisions.capacity_in_words(order, by))
    decisions.decide(order, by=by, decision=Decision.APPROVED, digest=digest, reason=reason)


def refuse(order: Order, *, by: User, digest: str, reason: str) -> None:
    """Refuse the order, with a reason that the requester reads. It goes back by itself."""
    _look(order, Verb.REFUSE, by=by, digest=digest)
    decisions.decide(order, by=by, decision=Decision.REFUSED, digest=digest, reason=reason)


def take_back(order: Order, *, by: User, reason: str) -> None:
    """Take one's own approval back, until the change starts."""
    decisions.take_back(order, by=by, reason=reason)


def ask(order: Order, *, by: User, text: str) -> None:
    """Ask the requester something before deciding; the clock stands still until the answer."""
    turn_away(order, by=by)
    decisions.ask(order, by=by, text=text)


def answer(order: Order, *, by: User, text: str) -> None:
    """Answer what an approver asked; the answer stays with the order."""
    decisions.answer(order, by=by, text=text)


def turn_away(order: Order, *, by: User) -> None:
    """Note that somebody wanted to decide who is no approver, or not of this order.

    Raises why; does nothing where this person may decide.
    """
    try:
        decisions.refuse_others(order, by=by)
    except (NotApprover, OwnOrder) as error:
        _note_refused(order, by, error)
        raise


def _look(order: Order, verb: Verb, *, by: User, digest: str) -> None:
    turn_away(order, by=by)
    decisions.allowed(order, verb, by=by, shown=digest)


def _ask_about(by: User, order: Order, sources: Sources) -> None:
    try:
        checks.require_approver(sources, order, by)
    except NotEntitled as error:
        _note_refused(order, by, error, kept=True)
        raise


def _note_refused(order: Order, by: User, error: BerthError, *, kept: bool = False) -> None:
    """Write down that a decision was refused; `kept` is what its evidence already is."""
    with transaction.atomic():
        if not kept:
            _keep(order, by, Outcome.DENY, error.code, error.detail)
        why = f"{error.code}: {error.detail}"
        ledger.note("refused decision", subjects.of(order), by=by.actor, reason=why)


def _keep(order: Order, by: User, outcome: Outcome, code: str, reason: str) -> None:
    facts = {
        "roles": sorted(by.roles),
        "groups": sorted(by.groups.values_list("name", flat=True)),
        "needed": decisions.who_decides(order),
    }
    answer = Answer(outcome, "accounts", code, reason, evidence=facts)
    checks.keep(answer, by, point="decision", order=order)
