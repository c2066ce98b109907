"""Who will decide on an order: what change control says of it, before its change is opened."""

from collections.abc import Sequence
from dataclasses import replace

from onboarding import lookups
from onboarding.assessment import assessing
from onboarding.assessment.models import Assessment, Occasion
from onboarding.assessment.risk import Facts
from onboarding.changes import control
from onboarding.changes.policies import Ruling, in_words
from onboarding.models import Kind, Order, Revision
from portal.errors import ControlBroken
from tenants.catalogue import Environment
from tenants.models import Application, Cluster

UNTOLD = "Who decides cannot be told: the file of change control is broken."


def ruling_of(order: Order, revision: Revision) -> Ruling:
    """Return what holds for a revision, by the risk that it was planned with.

    Raises ControlBroken while the file cannot be read.
    """
    facts = assessing.facts_of(order, revision)
    planned = Assessment.objects.filter(
        order_uuid=order.uuid, revision=revision.number, occasion=Occasion.PLANNED
    ).first()
    risk = planned.risk if planned else assessing.risk(facts)[0].risk
    group = order.environment.approver_group
    return control.in_force().ruling(replace(facts, risk=risk), group)


def who_decides(facts: Facts, group: str) -> str:
    """Say who would decide on something with these facts; `group` is the environment's."""
    risk = assessing.risk(facts)[0].risk
    try:
        return control.in_force().ruling(replace(facts, risk=risk), group).words
    except ControlBroken:
        return UNTOLD


def who_would_decide(
    kind: Kind,
    application: Application,
    environment: Environment,
    clusters: Sequence[Cluster] = (),
    *,
    destinations: int = 0,
    referred: bool,
) -> str:
    """Say who would decide on an order that nobody has placed yet."""
    facts = assessing.facts(
        kind, application, environment, clusters, destinations=destinations, referred=referred
    )
    return who_decides(facts, environment.approver_group)


def who_decides_on(order: Order) -> str:
    """Say who decides on an order, or did: by its change, or before there is one by its facts."""
    change = lookups.change_of(order)
    if change is not None:
        return in_words([each.as_policy for each in change.stages.all()])
    revision = order.revisions.get(number=order.revision_number)
    return who_decides(assessing.facts_of(order, revision), order.environment.approver_group)
