"""What an order would bring about, shown before it is submitted. Rendered like the plan itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from accounts.models import User
from onboarding import stories
from onboarding.changes import foretelling
from onboarding.engine.steps import Tools
from onboarding.form import checking, offers, submission
from onboarding.form.answers import Answers
from onboarding.models import Draft, Kind, Order, Plan
from onboarding.plans import drafting, site, words
from onboarding.plans.choices import choose
from onboarding.plans.desired import state
from onboarding.plans.site import Subject
from tenants.catalogue import Environment
from tenants.models import Application


@dataclass(frozen=True)
class Preview:
    """One environment of a form, or the plan of an order, ready for a page.

    `desired` is the state that the digest is over; `digest` is empty before submit, because the
    order's UUIDs are part of it.
    """

    environment: Environment
    clusters: Sequence[str]
    desired: Mapping[str, Any]
    in_words: Sequence[str]
    approvers: str
    is_referred: bool = False
    digest: str = ""


def of_draft(draft: Draft, *, by: User, tools: Tools) -> list[Preview]:
    """Render what each environment of the form would get. Nothing is written.

    Raises AnswersUnfit, NoCluster, PlaceRefused, NameUnfit, PlanRefused or ScaffoldBroken in words.
    """
    application, wanted = checking.checked(draft.answers, by=by, scaffolds=tools.scaffolds)
    return [_of_answers(each, application, by, tools) for each in wanted]


def _of_answers(wanted: Answers, application: Application, by: User, tools: Tools) -> Preview:
    environment = Environment.objects.get(slug=wanted.environment)
    permit = offers.permit(by, application, environment, tools.sources)
    clusters = submission.clusters_for(application, environment, wanted.region)
    allotted = submission.allot(application, wanted, clusters)
    subject = Subject(uuid4(), wanted, allotted)
    found = site.read(subject)
    choices = choose(subject, found, tools.scaffolds)
    desired = state(subject, found, choices, tools.scaffolds, tools.githost)
    slugs = [each.slug for each in clusters]
    return Preview(
        environment=environment,
        clusters=slugs,
        desired=desired,
        in_words=words.of(desired, environment),
        approvers=foretelling.who_would_decide(
            Kind.ONBOARD,
            application,
            environment,
            clusters,
            destinations=len(wanted.destinations),
            referred=permit.is_referred,
        ),
        is_referred=permit.is_referred,
    )


def of_plan(order: Order, plan: Plan) -> Preview:
    """Return the stored plan of an order for its pages."""
    desired = drafting.content(plan)
    slugs = [each["cluster"] for each in desired["clusters"].values()]
    said = stories.of(order).in_words(order, desired)
    return Preview(
        environment=order.environment,
        clusters=slugs,
        desired=desired,
        in_words=said,
        approvers=foretelling.who_decides_on(order),
        digest=plan.digest,
    )
