"""What if this person asked for that: every source is asked in earnest, and nothing is decided.

The question is the one that an order would ask, made of the same person, groups and claims, so what
sources remember of it stays what they really said. No evidence is left on which an effect could
rely. One entry is: an operator looked at what somebody else may do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from accounts.doers import Doer, operator
from accounts.models import User
from audit import ledger
from onboarding.actions.standing import hindrance
from onboarding.changes import foretelling
from onboarding.entitlement import checks
from onboarding.entitlement.asking import Sources
from onboarding.models import Evidence, Kind, Order
from onboarding.ports import Outcome
from tenants import lookups as record
from tenants import matrix
from tenants.catalogue import Environment
from tenants.eligibility import Place
from tenants.models import Application

APPROVE = "approve"  # the sources are asked who may only where the site wants that
ACTIONS = (*((kind.value, kind.label) for kind in Kind), (APPROVE, "Approve orders of others"))


@dataclass(frozen=True)
class Wish:
    """Who would ask for what, where. `action` is one of ACTIONS."""

    person: User
    action: str
    application: Application
    environment: Environment

    def __str__(self) -> str:
        place = f"{self.application.tenant.slug}/{self.application.slug}"
        return f"{self.action} {place} in {self.environment.slug}"


@dataclass(frozen=True)
class Condition:
    """What the portal itself asks besides: whether it holds, and why in words.

    `holds` is None for what comes later, whoever asks.
    """

    name: str
    words: str
    holds: bool | None = None


@dataclass(frozen=True)
class Supposed:
    """What would be answered now; `evidence` is as an order's would be, but written nowhere."""

    wish: Wish
    evidence: Evidence | None
    conditions: Sequence[Condition]

    @property
    def passes(self) -> bool:
        """Say whether nothing would be in the way, but for a person's approval."""
        # a decision cannot be left to a person: the approver is that person
        passing = checks.PASSING if self.wish.action != APPROVE else (Outcome.PERMIT,)
        good = {outcome.value for outcome in passing}
        asked = self.evidence is None or self.evidence.outcome in good
        return asked and all(each.holds is not False for each in self.conditions)


def suppose(wish: Wish, *, by: Doer, sources: Sources) -> Supposed:
    """Ask as at submit, and tell what the portal itself would say. Raises RoleMissing."""
    actor = operator(by)
    is_asked = wish.action != APPROVE or settings.BERTH_ENTITLEMENT_APPROVERS
    evidence = _evidence(wish, sources) if is_asked else None
    supposed = Supposed(wish, evidence, list(_conditions(wish, evidence)))
    answer = evidence.outcome if evidence else "no source is asked"
    with transaction.atomic():
        told = {"question": (None, str(wish)), "answer": (None, answer)}
        ledger.note("asked what if", wish.person.as_subject, by=actor, changes=told)
    return supposed


def _evidence(wish: Wish, sources: Sources) -> Evidence:
    person = wish.person
    query = checks.query_of(person, wish.action, wish.application, wish.environment)
    return checks.evidence_of(checks.ask(sources, person, query), person, point="what if")


def _conditions(wish: Wish, evidence: Evidence | None) -> Iterator[Condition]:
    on = wish.person.is_active
    off = "The account is switched off: no source is asked, and nothing is permitted."
    yield Condition("Account", "The account can sign in." if on else off, holds=on)
    leaving = wish.person.leavings.filter(cleared_at=None).first()
    if leaving is not None:
        told = f"{leaving}, says {leaving.told_by}: what they order is stopped."
        yield Condition("Leaver", told, holds=False)
    if wish.action == APPROVE or evidence is None:
        yield from _as_approver(wish)
        return
    if wish.action == Kind.ONBOARD:
        yield _onboarding(wish)
        yield _place(wish)
    else:
        yield _standing(wish)
    is_referred = evidence.outcome == Outcome.REFERRED.value
    told = foretelling.who_would_decide(
        Kind(wish.action), wish.application, wish.environment, referred=is_referred
    )
    yield Condition("Approval", told)


def _as_approver(wish: Wish) -> Iterator[Condition]:
    person, group = wish.person, wish.environment.approver_group
    has = "has" if person.is_approver else "does not have"
    yield Condition("Role", f"{person} {has} the role approver.", holds=person.is_approver)
    within = not group or person.groups.filter(name=group).exists()
    told = f"{person} is{'' if within else ' not'} a member of {group}, who decide here."
    yield Condition("Group", told if group else "No group is asked for here.", holds=within)
    own = (
        f"Never what {person} asked for or amended. At the decision the sources are asked about "
        "the person who ordered as well."
    )
    yield Condition("Own orders", own)


def _onboarding(wish: Wish) -> Condition:
    """Say what keeps the application from being ordered anew: what the form would not offer."""
    person, application, environment = wish.person, wish.application, wish.environment
    if application.retired_at is not None:
        return Condition("Application", f"{application.name} is retired.", holds=False)
    if not record.applications_of(person).filter(pk=application.pk).exists():
        told = f"{person} is no member of {application.tenant}, so the form does not show it."
        return Condition("Tenant", told, holds=False)
    if record.live_service(application, environment.slug) is not None:
        told = f"{application.name} is in {environment} already."
        return Condition("Service", told, holds=False)
    under_way = Order.objects.filter(
        application=application, environment=environment, ended_as=""
    ).first()
    if under_way is not None:
        told = f"{application.name} is being ordered in {environment} by {under_way}."
        return Condition("Service", told, holds=False)
    told = f"The form offers {application.name} to {person}."
    return Condition("Application", told, holds=True)


def _place(wish: Wish) -> Condition:
    """Say whether any cluster of the environment may hold the application's data."""
    application, environment = wish.application, wish.environment
    rules = matrix.in_force()
    verdicts = [
        rules.verdict(Place(slug, application.classification, tier, region))
        for slug, tier, region in matrix.offered_places()
        if slug == environment.slug
    ]
    if not verdicts:
        return Condition("Cluster", f"No cluster takes services for {environment}.", holds=False)
    if not any(verdict.allowed for verdict in verdicts):
        why = " ".join(dict.fromkeys(verdict.words for verdict in verdicts))
        return Condition("Cluster", why, holds=False)
    told = f"Clusters for {environment} may hold data of this class."
    return Condition("Cluster", told, holds=True)


def _standing(wish: Wish) -> Condition:
    service = record.live_service(wish.application, wish.environment.slug)
    if service is None:
        told = (
            f"{wish.application.name} is not in {wish.environment}: nothing stands to be changed."
        )
        return Condition("Service", told, holds=False)
    problem = hindrance(service, by=wish.person)
    told = problem.detail if problem else f"{service} stands."
    return Condition("Service", told, holds=problem is None)
