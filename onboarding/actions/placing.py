"""Placing orders: filled answers become one order for each environment, all of them or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.actions import sendings
from onboarding.engine.steps import Tools
from onboarding.entitlement import checks
from onboarding.entitlement.asking import Sources
from onboarding.form import checking, submission
from onboarding.form.answers import Allotted, Answers
from onboarding.models import Draft, Order, Revision
from onboarding.ports import Answer
from onboarding.running import doorbell
from portal.errors import BerthError, ServiceExists
from tenants import lookups as record_lookups
from tenants.actions import claims
from tenants.catalogue import Environment
from tenants.models import Application, ClaimKind, Cluster


@dataclass(frozen=True)
class Wish:
    """One environment of a form, with all that had to be asked before it can be ordered."""

    answers: Answers
    application: Application
    permit: Answer
    clusters: Sequence[Cluster]


def submit(draft: Draft, *, by: User, tools: Tools) -> list[Order]:
    """Turn a filled form into one order for each environment, all of them or none.

    Raises AnswersUnfit, NotEntitled, EntitlementUnknown, NoCluster, PlaceRefused, NameTaken,
    NameUnfit or ServiceExists in words; the draft stays.
    """
    wishes = wishes_of(draft.answers, by=by, tools=tools)
    with transaction.atomic():
        orders = _place_all(wishes, by=by, tools=tools, family=uuid4())
        draft.delete()
    return orders


def submit_once(
    answers: Mapping[str, Any], *, key: str, by: User, tools: Tools
) -> tuple[list[Order], bool]:
    """Place orders for answers that came without a form, and say whether they are placed just now.

    A `key` that this person sent before gives the orders of that time, whatever became of them;
    no key is a sending of its own. It is kept in the transaction of the orders, so that there are
    never orders without it. Raises what `submit` raises, and KeyReused for other answers.
    """
    known = sendings.orders_of(key, answers, by=by)
    if known:
        return known, False
    family = uuid4()
    try:
        wishes = wishes_of(answers, by=by, tools=tools)
        with transaction.atomic():
            sendings.keep(key, answers, by=by, family=family)
            return _place_all(wishes, by=by, tools=tools, family=family), True
    except (BerthError, IntegrityError):
        # a twin of this call may have been quicker, and have taken the very names
        known = sendings.orders_of(key, answers, by=by)
        if not known:
            raise
    return known, False


def wishes_of(form: Mapping[str, Any], *, by: User, tools: Tools) -> list[Wish]:
    """Check answers, entitlement, clusters and names of each environment. Nothing is written."""
    application, wanted = checking.checked(form, by=by, scaffolds=tools.scaffolds)
    return [_wish(each, application, by, tools.sources) for each in wanted]


def _wish(wanted: Answers, application: Application, by: User, sources: Sources) -> Wish:
    environment = Environment.objects.get(slug=wanted.environment)
    permit = checks.ask(sources, by, checks.query_of(by, "onboard", application, environment))
    checks.refuse_unless_permitted(permit)
    clusters = submission.clusters_for(application, environment, wanted.region)
    submission.refuse_taken(clusters, submission.namespace_of(application, wanted))
    return Wish(wanted, application, permit, clusters)


def _place_all(wishes: Sequence[Wish], *, by: User, tools: Tools, family: UUID) -> list[Order]:
    return [_place(each, by=by, family=family, githost=tools.githost.name) for each in wishes]


def _place(wish: Wish, *, by: User, family: UUID, githost: str) -> Order:
    wanted, application = wish.answers, wish.application
    try:
        with transaction.atomic():
            order = Order.objects.create(
                family=family,
                requester=by,
                tenant=application.tenant,
                application=application,
                environment_id=wanted.environment,
            )
    except IntegrityError as error:
        raise ServiceExists(f"{application.name} is being ordered in this environment.") from error
    # after the insert: an order that ended while it waited for our turn has left a service
    _refuse_second(application, wanted.environment)
    allotted = submission.allot(application, wanted, wish.clusters)
    Revision.objects.create(
        order=order, number=1, answers=wanted.as_json(), allotted=allotted.as_json(), made_by=by
    )
    claim_names(order, allotted, githost)
    checks.keep(wish.permit, by, point="submit", order=order)
    ledger.note("submitted", subjects.of(order), by=by.actor)
    doorbell.ring(order.pk)
    return order


def _refuse_second(application: Application, environment: str) -> None:
    if record_lookups.live_service(application, environment) is not None:
        raise ServiceExists(f"{application.name} is in {environment} already.")


def claim_names(order: Order, allotted: Allotted, githost: str) -> None:
    """Take every name that was allotted; `githost` is where the repository's counts."""
    for spot in allotted.spots:
        claims.claim(
            ClaimKind.NAMESPACE,
            str(spot.cluster),
            spot.namespace,
            order_uuid=order.uuid,
            application=order.application,
            placement_uuid=spot.placement,
        )
    claims.claim(
        ClaimKind.REPOSITORY,
        githost,
        allotted.repository,
        order_uuid=order.uuid,
        application=order.application,
    )
