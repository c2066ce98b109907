"""Assessing an order: its facts by the rules, and what it meets; and keeping what was found."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User
from onboarding import lookups
from onboarding.assessment import rules
from onboarding.assessment.conflicts import Conflict, Undertaking, met_by, shown
from onboarding.assessment.models import Assessment, Occasion
from onboarding.assessment.risk import Assessed, Counted, Facts, Level
from onboarding.entitlement import checks
from onboarding.form import answers
from onboarding.models import Direction, Kind, Order, Revision
from onboarding.plans.places import clusters_of
from tenants.catalogue import Environment
from tenants.models import Application, Cluster, Service

LONGEST = 1000  # characters of faults that are kept


def facts(
    kind: Kind,
    application: Application,
    environment: Environment,
    clusters: Sequence[Cluster],
    *,
    destinations: int,
    referred: bool,
) -> Facts:
    """Return what rules may ask, of an order or of what would become one."""
    return Facts(
        kind=kind.value,
        environment=environment.slug,
        production=environment.production,
        classification=application.classification,
        criticality=application.criticality,
        tiers=frozenset(each.tier for each in clusters if each.tier),
        clusters=len(clusters),
        destinations=destinations,
        first=not Service.objects.filter(application=application).exists(),
        referred=referred,
        change_type=environment.change_type,
    )


def risk(of: Facts) -> tuple[Assessed, str]:
    """Return the risk and the revision of the rules; the highest where these cannot be read."""
    try:
        found = rules.read(settings.BERTH_RISK_RULES)
    except rules.RulesBroken as error:
        why = f"The rules of risk cannot be read, so it counts as high. {error}"[:LONGEST]
        trace = [Counted("no rules", Level.HIGH, Level.HIGH, why, "the file is broken")]
        return Assessed(Level.HIGH, Level.HIGH, Level.HIGH, trace), ""
    return found.assess(of), found.revision


def assess(order: Order, revision: Revision, occasion: Occasion) -> Assessment:
    """Assess a revision on this occasion and keep it; again gives what was kept."""
    kept = Assessment.objects.filter(
        order_uuid=order.uuid, revision=revision.number, occasion=occasion
    ).first()
    if kept is not None:
        return kept
    found, revision_of_rules = risk(facts_of(order, revision))
    columns = {
        "impact": found.impact,
        "likelihood": found.likelihood,
        "risk": found.risk,
        "trace": [asdict(each) for each in found.trace],
        "rules": revision_of_rules,
        "conflicts": [each.as_json() for each in met_by(undertaking(order, revision))],
    }
    assessed, _ = Assessment.objects.get_or_create(
        order_uuid=order.uuid, revision=revision.number, occasion=occasion, defaults=columns
    )
    return assessed


def facts_of(order: Order, revision: Revision) -> Facts:
    """Return what rules may ask of a revision of an order."""
    return facts(
        Kind(order.kind),
        Application.objects.get(pk=order.application_id),
        order.environment,
        list(clusters_of(revision)),
        destinations=len(answers.read(revision.answers).destinations),
        referred=checks.is_referred(order),
    )


def undertaking(order: Order, revision: Revision) -> Undertaking:
    """Return an order as far as others can meet it."""
    change = lookups.change_of(order)
    return Undertaking(
        application=order.application,
        clusters=list(clusters_of(revision)),
        begin=change.window_start if change else None,
        end=change.window_end if change else None,
        family=order.family,
        order=order.pk,
    )


def clusters_named(slugs: Sequence[str]) -> list[Cluster]:
    """Return the clusters with these slugs."""
    return list(Cluster.objects.filter(slug__in=slugs))


def assessments_of(order_uuid: UUID) -> QuerySet[Assessment]:
    """Return every assessment of an order, the first one first."""
    return Assessment.objects.filter(order_uuid=order_uuid)


@dataclass(frozen=True)
class Outlook:
    """What people read before they submit or decide: the risk, and what is met right now."""

    found: Assessed
    met: Sequence[tuple[Conflict, list[Order]]]


def outlook(of: Facts, mine: Undertaking, by: User) -> Outlook:
    """Look at something that is not kept yet."""
    found, _ = risk(of)
    return Outlook(found, shown(met_by(mine), by))


def outlook_of(order: Order, by: User) -> Outlook | None:
    """Look at an order that has not started, as it is now; nothing for any other."""
    if order.is_over or order.direction == Direction.BACK or order.change_started_at:
        return None
    revision = order.revisions.get(number=order.revision_number)
    return outlook(facts_of(order, revision), undertaking(order, revision), by)
