"""What a story writes into the record, and what it takes back."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db.models import QuerySet

from audit.ledger import SYSTEM
from fleet import ground
from onboarding.engine.steps import Task, Tools
from onboarding.form import answers
from onboarding.form.answers import Spot
from onboarding.models import Order
from onboarding.plans import drafting
from onboarding.plans.choices import Choices, of_spot
from onboarding.repositories import credentials
from portal.clock import now
from portal.errors import BerthError
from tenants.actions import owners, registration
from tenants.actions.registration import PlacementSpec, ServiceSpec
from tenants.lifecycle import LIVE, Lifecycle
from tenants.models import Placement, Presence, Service, TenantCluster


def register(task: Task) -> Service:
    """Write the service and its placements as designed; again gives the same rows."""
    spec = _spec(task)
    with task.holding():
        return registration.register_service(spec, by=SYSTEM)


def _spec(task: Task) -> ServiceSpec:
    wanted = answers.read(task.revision.answers)
    allotted = answers.read_allotted(task.revision.allotted)
    return ServiceSpec(
        uuid=allotted.service,
        application=wanted.application,
        environment=wanted.environment,
        region=wanted.region,
        owner=wanted.owner,
        size=wanted.size,
        scaffold=wanted.scaffold,
        destinations=wanted.destinations,
        placements=tuple(_placement_spec(spot, task.plan.choices) for spot in allotted.spots),
    )


def _placement_spec(spot: Spot, choices: Choices) -> PlacementSpec:
    chosen = of_spot(choices, spot)
    return PlacementSpec(
        uuid=spot.placement,
        cluster=spot.cluster,
        tenant_cluster=spot.tenant_cluster,
        control_namespace=spot.control_namespace,
        pack=chosen.pack,
        namespace=spot.namespace,
        flux_namespace=chosen.flux_namespace,
        name=spot.name,
        shard=chosen.shard,
    )


def service_of(order: Order) -> Service | None:
    """Return the service that this order registered, whether or not it was noted on the order."""
    uuids = [answers.read_allotted(revision.allotted).service for revision in order.revisions.all()]
    return Service.objects.filter(uuid__in=uuids).first()


def retire(task: Task) -> None:
    """Mark what this order registered as retired, and take away ground that nobody stands on now.

    The last placement of a tenant on a cluster lets the shared ground leave; newcomers wait until
    it is gone. Nothing registered is nothing to do. Raises StillGoing until the ground is gone,
    once every cluster has been tried: one that is away does not hold the others.
    """
    service = service_of(task.order)
    if service is None:
        return
    with task.holding():
        registration.retire_service(service, by=SYSTEM, reason=task.order.back_reason)
    leaving = service.placements.filter(tenant_cluster__presence=Presence.LEAVING)
    problems = [
        problem
        for placement in leaving.select_related("tenant_cluster__cluster")
        if (problem := _left_behind(task, placement.tenant_cluster))
    ]
    if problems:
        raise problems[0]


def _left_behind(task: Task, presence: TenantCluster) -> BerthError | None:
    """Take away ground that is leaving, and return what came in the way."""
    try:
        ground.unprime_tenant(presence, owner=task.key)
    except BerthError as problem:
        return problem
    return None


def resolver(placement: Placement) -> Callable[[str], str]:
    """Return what turns a secret reference of the plan into the secret, at the last moment."""
    return partial(_secret, placement)


def _secret(placement: Placement, name: str) -> str:
    if name != "git":
        raise LookupError(f"nothing is known of the secret reference {name}")
    return credentials.password(
        settings.BERTH_GIT_KEYS, placement.uuid, placement.credential_generation
    )


def undo_push(task: Task, tools: Tools) -> str:
    """Take the commit of this order back; `deleted`, `archived`, `kept` or `absent`."""
    name, commit = drafting.commit_of(task.plan)
    result = tools.githost.undo_push(name, commit.key)
    if not tools.githost.exists(name):
        note_repository(task, "", "", "")
        if tools.githost.exists(name):  # a sister order was making it anew just now
            note_repository(task, tools.githost.name, name, tools.githost.address(name))
    return result


def unprime(task: Task) -> None:
    """Take away from this cluster what the plan made there for the placement."""
    objects = drafting.objects_of(task.plan, task.place.uuid)
    ground.unprime_placement(task.place, objects["placement"])


def placement_delivered(task: Task, revision: str) -> None:
    """Write down the first delivery of a placement; again is nothing."""
    with task.holding():
        registration.set_live(task.place, revision=revision, at=now(), by=SYSTEM)


def service_at(order: Order) -> Service:
    """Return the service that an order for a service is about, as it is now."""
    if order.service_id is None:
        raise LookupError(f"{order} is about no service")
    return Service.objects.select_related("application__tenant", "size").get(pk=order.service_id)


def others_of(service: Service) -> QuerySet[Service]:
    """Return the other services of its application that are not retired."""
    live = Service.objects.filter(application=service.application_id, lifecycle__in=LIVE)
    return live.exclude(pk=service.pk)


def is_rehearsal(order: Order) -> bool:
    """Say whether every placement of the order's service is on a rehearsal cluster."""
    return all(each.cluster.is_rehearsal for each in placements_of(order))


def placements_of(order: Order) -> list[Placement]:
    """Return the placements of the order's service."""
    placements = Placement.objects.filter(service=order.service_id)
    return list(placements.select_related("cluster").order_by("cluster__slug"))


def make_operational(task: Task) -> str:
    """Settle the order, so that nobody can withdraw it any more, and move the record on."""
    order = task.order
    if order.service is None:
        raise LookupError("the service was not noted on the order when it was registered")
    to = Lifecycle.REHEARSED if is_rehearsal(order) else Lifecycle.OPERATIONAL
    with task.holding():
        Order.objects.filter(pk=order.pk, settled_at=None).update(settled_at=now())
        registration.set_lifecycle(order.service, to, by=SYSTEM)
    return f"The record says {to.label.lower()}."


def result_in_words(order: Order) -> str:
    """Say how the order ended, in one sentence."""
    places = " and ".join(each.cluster.slug for each in placements_of(order))
    if is_rehearsal(order):
        return f"{order.application.name} was rehearsed on {places}: nothing left this portal."
    return f"{order.application.name} is live on {places}."


def note_repository(task: Task, host: str, name: str, url: str) -> None:
    """Write the repository's address to the application; empty texts say that it is gone."""
    with task.holding():
        owners.note_repository(task.order.application, name=name, url=url, host=host, by=SYSTEM)
