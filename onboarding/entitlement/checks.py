"""Asking whether a person may do something, and keeping the answer as evidence."""

from collections.abc import Iterable, Sequence

from django.conf import settings

from accounts.models import User
from accounts.oidc import snapshots
from onboarding.changes.models import Approval, Change, Decision
from onboarding.entitlement.asking import Ruling, Sources
from onboarding.entitlement.memory import Heard
from onboarding.models import Evidence, Order
from onboarding.ports import Answer, Outcome, Query
from portal.clock import now
from portal.errors import EntitlementUnknown, NotEntitled
from tenants.catalogue import Environment
from tenants.models import Application

PASSING = (Outcome.PERMIT, Outcome.REFERRED)


def query_of(
    person: User, action: str, application: Application, environment: Environment
) -> Query:
    """Put the question in the words of the port; groups are read now."""
    return queries_of(person, action, application, [environment])[0]


def queries_of(
    person: User, action: str, application: Application, environments: Iterable[Environment]
) -> list[Query]:
    """Put the question for several environments; groups are read now, once for them all."""
    told = snapshots.of(person)
    groups = frozenset(person.groups.values_list("name", flat=True))
    return [
        Query(
            subject=person.ident,
            groups=groups,
            action=action,
            tenant=application.tenant.slug,
            application=application.slug,
            environment=environment.slug,
            claims=told.claims if told else {},
            claims_at=told.at if told else None,
        )
        for environment in environments
    ]


def ask(sources: Sources, person: User, query: Query) -> Ruling:
    """Return the combined answer. Somebody who was switched off is permitted nothing."""
    return sources.ruling(query) if person.is_active else _switched_off(person)


def hints(sources: Sources, person: User, queries: Sequence[Query]) -> list[Ruling]:
    """Answer several questions for a page; what sources said minutes ago is good enough there."""
    if not person.is_active:
        return [_switched_off(person) for _ in queries]
    return sources.rulings(queries, fresh=False)


def _switched_off(person: User) -> Ruling:
    return Ruling(
        Outcome.DENY, "accounts", "person_off", f"{person} can no longer sign in to Berth."
    )


def require(sources: Sources, order: Order, *, point: str) -> Answer:
    """Check now whether the requester may have an order of this kind, and keep the answer.

    `point` is submit, check, approval or effect. A permit that was given for this order within
    BERTH_ENTITLEMENT_TTL is good enough for an effect. Where sources cannot tell and the site
    leaves that to a person, an approver has to have seen that before, and an effect needs an
    approval that was given in spite of it.

    Raises NotEntitled with the reason and remedy, or EntitlementUnknown when no source could tell.
    """
    person = User.objects.get(pk=order.requester_id)
    last = _last(order, person)
    if point == "effect" and person.is_active and _is_still_good(last):
        return Answer(Outcome.PERMIT, "cache", "lately_permitted", "Permitted a moment ago.")
    query = query_of(person, order.kind, order.application, order.environment)
    answer = ask(sources, person, query)
    keep(answer, person, point=point, order=order)
    refuse_unless_permitted(answer)
    if answer.outcome is Outcome.REFERRED:
        _require_person(answer, order, last, point)
    return answer


def require_approver(sources: Sources, order: Order, person: User) -> None:
    """Ask the sources whether this person may approve such an order, and keep the answer.

    Raises NotEntitled, or EntitlementUnknown: who could not be told cannot be a person's decision,
    for this is the person.
    """
    query = query_of(person, "approve", order.application, order.environment)
    answer = ask(sources, person, query)
    keep(answer, person, point="decision", order=order)
    refuse_unless_permitted(answer)
    if answer.outcome is Outcome.REFERRED:
        raise EntitlementUnknown(answer.reason)


def refuse_unless_permitted(answer: Answer) -> None:
    """Raise what the answer means, unless it is a permit or leaves it to a person."""
    words = f"{answer.reason} {answer.remedy}".strip()
    if answer.outcome is Outcome.UNKNOWN:
        raise EntitlementUnknown(words)
    if answer.outcome not in PASSING:
        raise NotEntitled(words)


def is_referred(order: Order) -> bool:
    """Say whether the present revision began while sources could not tell: a person decides it."""
    begun = Evidence.objects.filter(order=order, point="check").order_by("-id").first()
    return begun is not None and begun.outcome == Outcome.REFERRED.value


def _require_person(answer: Answer, order: Order, last: Evidence | None, point: str) -> None:
    if point == "approval" and (last is None or last.outcome != Outcome.REFERRED.value):
        raise EntitlementUnknown(
            f"{answer.reason} This was not known when the page was shown: look at it again."
        )
    if point == "effect" and not _was_decided(answer, order):
        raise EntitlementUnknown(f"{answer.reason} Nobody has decided on that.")


def _was_decided(answer: Answer, order: Order) -> bool:
    """Say whether a person approved this change while exactly these sources could not tell."""
    change = Change.objects.filter(number=order.change_number).exclude(number="").first()
    approvals = Approval.objects.filter(
        change=change, decision=Decision.APPROVED, taken_back_at=None
    )
    if change is None or not approvals.exists():
        return False
    told = Evidence.objects.filter(order=order, point="approval", at__gte=change.opened_at)
    last = told.order_by("-id").first()
    return (
        last is not None
        and last.outcome == Outcome.REFERRED.value
        and set(answer.evidence) <= set(last.facts)
    )


def keep(answer: Answer, person: User, *, point: str, order: Order | None = None) -> None:
    """Write the answer down; evidence is never changed afterwards."""
    evidence_of(answer, person, point=point, order=order).save(force_insert=True)


def evidence_of(
    answer: Answer, person: User, *, point: str, order: Order | None = None
) -> Evidence:
    """Return the answer as it is written down, not written yet."""
    return Evidence(
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
        decision=answer.decision[:200],
        expires_at=answer.expires_at,
        query_digest=answer.digest if isinstance(answer, Ruling) else "",
        heard=[_as_json(each) for each in answer.heard] if isinstance(answer, Ruling) else [],
    )


def _as_json(heard: Heard) -> dict[str, object]:
    answer = heard.answer
    return {
        "source": answer.source,
        "outcome": answer.outcome.value,
        "reason_code": answer.reason_code,
        "reason": answer.reason,
        "facts": dict(answer.evidence),
        "revision": answer.revision,
        "decision": answer.decision,
        "at": heard.at.isoformat(),
        "expires_at": answer.expires_at.isoformat() if answer.expires_at else "",
    }


def _last(order: Order, person: User) -> Evidence | None:
    """Return the last answer about this person; an operator who amended was asked about too."""
    return Evidence.objects.filter(order=order, person=person.ident).order_by("-id").first()


def _is_still_good(last: Evidence | None) -> bool:
    if last is None or last.outcome != Outcome.PERMIT.value:
        return False
    if last.expires_at is not None and last.expires_at <= now():
        return False
    return last.at > now() - settings.BERTH_ENTITLEMENT_TTL
