"""Asking whether a person may do something, and keeping the answer as evidence."""

from collections.abc import Sequence

from django.conf import settings

from accounts.models import User
from accounts.oidc import snapshots
from onboarding.entitlement.combine import combined
from onboarding.models import Evidence, Order
from onboarding.ports import Answer, EntitlementSource, Outcome, Query
from portal.clock import now
from portal.errors import EntitlementUnknown, NotEntitled
from tenants.catalogue import Environment
from tenants.models import Application


def query_of(
    person: User, action: str, application: Application, environment: Environment
) -> Query:
    """Put the question in the words of the port; groups are read now."""
    told = snapshots.of(person)
    return Query(
        subject=person.ident,
        groups=frozenset(person.groups.values_list("name", flat=True)),
        action=action,
        tenant=application.tenant.slug,
        application=application.slug,
        environment=environment.slug,
        claims=told.claims if told else {},
        claims_at=told.at if told else None,
    )


def ask(sources: Sequence[EntitlementSource], person: User, query: Query) -> Answer:
    """Return the combined answer. Somebody who was switched off is permitted nothing."""
    if not person.is_active:
        return Answer(
            Outcome.DENY, "accounts", "person_off", f"{person} can no longer sign in to Berth."
        )
    return combined([source.check(query) for source in sources])


def require(sources: Sequence[EntitlementSource], order: Order, *, point: str) -> Answer:
    """Check now whether the requester may have an order of this kind, and keep the answer.

    `point` is submit, check, approval or effect. A permit that was given for this order within
    BERTH_ENTITLEMENT_TTL is good enough for an effect.

    Raises NotEntitled with the reason and remedy, or EntitlementUnknown when no source could tell.
    """
    person = User.objects.get(pk=order.requester_id)
    query = query_of(person, order.kind, order.application, order.environment)
    if point == "effect" and person.is_active and _lately_permitted(order, person):
        return Answer(Outcome.PERMIT, "cache", "lately_permitted", "Permitted a moment ago.")
    answer = ask(sources, person, query)
    keep(answer, person, point=point, order=order)
    refuse_unless_permitted(answer)
    return answer


def refuse_unless_permitted(answer: Answer) -> None:
    """Raise what the answer means, unless it is a permit."""
    words = f"{answer.reason} {answer.remedy}".strip()
    if answer.outcome is Outcome.UNKNOWN:
        raise EntitlementUnknown(words)
    if answer.outcome is not Outcome.PERMIT:
        raise NotEntitled(words)


def keep(answer: Answer, person: User, *, point: str, order: Order | None = None) -> None:
    """Write the answer down; evidence is never changed afterwards."""
    Evidence.objects.create(
        order=order,
        point=point,
        person=person.ident,
        outcome=answer.outcome.value,
        source=answer.source[:60],
        reason_code=answer.reason_code,
        reason=answer.reason,
        remedy=answer.remedy,
        facts=dict(answer.evidence),
        policy_revision=answer.revision[:100],
    )


def _lately_permitted(order: Order, person: User) -> bool:
    """Look at the last answer about this person; an operator who amended was asked about too."""
    last = Evidence.objects.filter(order=order, person=person.ident).order_by("-id").first()
    if last is None or last.outcome != Outcome.PERMIT.value:
        return False
    return last.at > now() - settings.BERTH_ENTITLEMENT_TTL
