"""Services and their placements: registered with UUIDs allotted beforehand, moved on, retired."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.ledger import Actor
from portal.errors import InUse, NameTaken, ServiceExists
from tenants import reviews
from tenants.actions import ground, rows
from tenants.catalogue import Destination
from tenants.lifecycle import FOLLOWS, LIVE, Lifecycle
from tenants.models import Application, Cluster, Placement, Service, TenantCluster


@dataclass(frozen=True)
class PlacementSpec:
    """A place on one cluster, with the UUIDs and names that were allotted to it."""

    uuid: UUID
    cluster: UUID
    tenant_cluster: UUID
    control_namespace: str  # of the tenant
    pack: str
    namespace: str
    flux_namespace: str  # the tenant's, or its own
    name: str
    shard: str = ""


@dataclass(frozen=True)
class ServiceSpec:
    """A service as an order's plan has it. Other rows are named by UUID, the catalogue by slug."""

    uuid: UUID
    application: UUID
    environment: str
    region: str
    owner: UUID
    size: str
    scaffold: str
    destinations: tuple[str, ...]
    placements: tuple[PlacementSpec, ...]


@transaction.atomic
def register_service(spec: ServiceSpec, *, by: Actor) -> Service:
    """Make the rows of a service, lifecycle designed; the same UUIDs again give the same rows.

    Raises ServiceExists, NameTaken, InUse (application retired) and TenantLeaving.
    """
    there = Service.objects.filter(uuid=spec.uuid).first()
    if there is not None:
        return there
    application = Application.objects.select_related("tenant").get(uuid=spec.application)
    if not rows.hold(application, retired_at=None):
        raise InUse(f"{rows.title(application)} has been retired.")
    service = _service(spec, application)
    placements = [_placement(service, each, by=by) for each in spec.placements]
    changes = {
        "lifecycle": (None, service.lifecycle),
        "region": (None, service.region),
        "size": (None, service.size_id),
        "placements": (None, ", ".join(str(each) for each in placements)),
    }
    rows.note("registered", service, by=by, changes=changes, also=placements)
    return service


def _service(spec: ServiceSpec, application: Application) -> Service:
    service = Service(
        uuid=spec.uuid,
        application=application,
        environment_id=spec.environment,
        region=spec.region,
        owner=User.objects.get(uuid=spec.owner),
        size_id=spec.size,
        scaffold=spec.scaffold,
    )
    service.review_due = reviews.next_due(service.environment, reviews.today())
    try:
        with transaction.atomic():
            service.save(force_insert=True)
    except IntegrityError as error:
        if _live_services(application).filter(environment=spec.environment).exists():
            named = f"{rows.title(application)} is in {spec.environment} already."
            raise ServiceExists(named) from error
        raise
    service.destinations.set(Destination.objects.filter(slug__in=spec.destinations))
    return service


def _live_services(application: Application) -> QuerySet[Service]:
    return application.services.filter(lifecycle__in=LIVE)


def _placement(service: Service, spec: PlacementSpec, *, by: Actor) -> Placement:
    placement = Placement(
        uuid=spec.uuid,
        service=service,
        tenant_cluster=_presence(service.application, spec, by=by),
        cluster=Cluster.objects.get(uuid=spec.cluster),
        pack=spec.pack,
        namespace=spec.namespace,
        flux_namespace=spec.flux_namespace,
        name=spec.name,
        shard=spec.shard,
    )
    try:
        with transaction.atomic():
            placement.save(force_insert=True)
    except IntegrityError as error:
        there = placement.cluster.placements.filter(namespace=spec.namespace)
        if there.filter(lifecycle__in=LIVE).exists():
            raise NameTaken(f"The namespace {spec.namespace} is taken.") from error
        raise
    return placement


def _presence(application: Application, spec: PlacementSpec, *, by: Actor) -> TenantCluster:
    wanted = TenantCluster(
        uuid=spec.tenant_cluster,
        tenant=application.tenant,
        cluster=Cluster.objects.get(uuid=spec.cluster),
        control_namespace=spec.control_namespace,
        pack=spec.pack,
    )
    return ground.settle(wanted, by=by)


@transaction.atomic
def set_lifecycle(
    service: Service,
    to: Lifecycle,
    *,
    expected_from: Collection[Lifecycle] = (),
    by: Actor,
    reason: str = "",
) -> bool:
    """Move a service and its placements on, if it is where it is expected. False when it is not.

    `expected_from` is wherever `to` may follow, unless it is given. Retiring ends with
    `retire_service`, which looks after what rests on it.
    """
    if to == Lifecycle.RETIRED:
        raise ValueError("A service is retired by retire_service.")
    expected = expected_from or [state for state in LIVE if to in FOLLOWS[state]]
    if not _move(service, to, expected, by=by, reason=reason):
        return False
    for placement in service.placements.filter(lifecycle__in=expected):
        _move(placement, to, expected, by=by, reason=reason)
    return True


def _move(
    row: Service | Placement,
    to: Lifecycle,
    expected: Collection[Lifecycle],
    *,
    by: Actor,
    reason: str = "",
) -> bool:
    for seen in expected:
        if to not in FOLLOWS[seen]:
            raise ValueError(f"{to.label} does not follow {seen.label}.")
        if rows.move(row, to=_columns(row, to), lifecycle=seen):
            break
    else:
        return False
    row.refresh_from_db()
    changes = {"lifecycle": (seen.value, to.value)}
    rows.note("moved", row, by=by, changes=changes, reason=reason)
    return True


def _columns(row: Service | Placement, to: Lifecycle) -> dict[str, Any]:
    is_over = isinstance(row, Service) and to is Lifecycle.RETIRED
    return {"lifecycle": to, **({"review_due": None} if is_over else {})}


@transaction.atomic
def hold_service(service: Service, *lifecycles: Lifecycle) -> bool:
    """Keep a service as it is until commit. False when its lifecycle is none of these."""
    return rows.hold(service, lifecycle__in=lifecycles)


@transaction.atomic
def resize_service(
    service: Service, *, size: str, destinations: Collection[str], by: Actor, reason: str = ""
) -> bool:
    """Write down another size and other destinations. False when both are so already."""
    service = Service.objects.select_related("application__tenant").get(pk=service.pk)
    reached = sorted(service.destinations.values_list("slug", flat=True))
    changes = {
        name: (before, after)
        for name, before, after in (
            ("size", service.size_id, size),
            ("destinations", ", ".join(reached), ", ".join(sorted(destinations))),
        )
        if before != after
    }
    if not changes or not rows.move(service, to={"size_id": size}, size=service.size_id):
        return False
    service.destinations.set(Destination.objects.filter(slug__in=destinations))
    rows.note("resized", service, by=by, changes=changes, reason=reason)
    return True


@transaction.atomic
def set_live(placement: Placement, *, revision: str, at: datetime, by: Actor) -> bool:
    """Write down what a placement delivered first, and when. False when that is known already.

    Its lifecycle moves with its service, once every placement is live.
    """
    to = {"revision": revision, "live_at": at}
    if not rows.move(placement, to=to, live_at=None, lifecycle__in=LIVE):
        return False
    placement.refresh_from_db()
    changes = {field: (None, value) for field, value in to.items()}
    rows.note("saw live", placement, by=by, changes=changes)
    return True


@transaction.atomic
def retire_placement(placement: Placement, *, by: Actor, reason: str = "") -> bool:
    """Retire a placement; the last one of a tenant on a cluster lets the shared ground leave.

    False when it was retired already. Raises InUse while it is operational: a berth in use is left
    by offboarding, which makes it retiring first.
    """
    if not _retire(placement, by=by, reason=reason):
        return False
    ground.mark_leaving(placement.tenant_cluster, by=by)
    return True


@transaction.atomic
def retire_service(service: Service, *, by: Actor, reason: str = "") -> bool:
    """Retire a service and whatever of its placements is left. False when it was retired already.

    Raises InUse while it is operational.
    """
    rows.hold(service)
    for placement in service.placements.filter(lifecycle__in=LIVE):
        retire_placement(placement, by=by, reason=reason)
    return _retire(service, by=by, reason=reason)


def _retire(row: Service | Placement, *, by: Actor, reason: str) -> bool:
    may_end = [state for state in LIVE if Lifecycle.RETIRED in FOLLOWS[state]]
    if _move(row, Lifecycle.RETIRED, may_end, by=by, reason=reason):
        return True
    row.refresh_from_db()
    if row.lifecycle != Lifecycle.RETIRED:
        raise InUse(f"{rows.title(row)} is {Lifecycle(row.lifecycle).label.lower()}.")
    return False
