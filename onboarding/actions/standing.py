"""Orders for a service that stands: another size, or its end. One at a time for each service."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.engine.steps import Tools
from onboarding.entitlement import checks
from onboarding.form import offers
from onboarding.form.answers import Allotted, Answers, Spot
from onboarding.models import Kind, Order, Revision
from onboarding.plans import in_force
from onboarding.running import doorbell
from portal.errors import (
    AnswersUnfit,
    BerthError,
    NotEntitled,
    NothingChanged,
    OrderUnderWay,
    PlanRefused,
    ReasonMissing,
    ServiceNotReady,
)
from tenants.actions import registration
from tenants.lifecycle import Lifecycle
from tenants.models import Service

IN_USE = (Lifecycle.REHEARSED, Lifecycle.OPERATIONAL)


def offboard(service: Service, *, by: User, reason: str, tools: Tools) -> Order:
    """Order that a service is taken away. Raises ReasonMissing and what `hindrance` returns."""
    if not reason.strip():
        raise ReasonMissing("Say why the service goes, so that the approver and the record know.")
    return _place(Kind.OFFBOARD, service, _as_it_is(service, by), by, reason, tools)


def resize(
    service: Service,
    *,
    by: User,
    size: str,
    destinations: Collection[str],
    reason: str,
    tools: Tools,
) -> Order:
    """Order another size or other destinations for a service.

    Raises AnswersUnfit for what is not offered, NothingChanged, and what `hindrance` returns.
    """
    now = _as_it_is(service, by)
    _refuse_unoffered(now, size, destinations)
    wanted = replace(now, size=size, destinations=tuple(sorted(set(destinations))))
    if wanted == now:
        raise NothingChanged(f"{service} has this size and these destinations already.")
    return _place(Kind.RESIZE, service, wanted, by, reason, tools)


def hindrance(service: Service, *, by: User) -> BerthError | None:
    """Return what keeps this person from ordering anything for the service, or None.

    Members of its tenant order, and operators; for what exactly, entitlement decides later.
    """
    tenant = service.application.tenant
    if not by.is_operator and not tenant.memberships.filter(user=by).exists():
        return NotEntitled(f"Only members of {tenant} order for its services.")
    under_way = Order.objects.filter(
        application=service.application, environment=service.environment, ended_as=""
    ).first()
    if under_way is not None:
        return OrderUnderWay(f"{under_way}: {under_way.title}.")
    if service.lifecycle not in IN_USE:
        return ServiceNotReady(f"{service} is {service.get_lifecycle_display().lower()}.")
    if in_force.of(service) is None:
        return PlanRefused("No plan of this service is kept, so what it has is not known here.")
    return None


def _as_it_is(service: Service, by: User) -> Answers:
    """Return what an order would have to say to get the service as it is now."""
    problem = hindrance(service, by=by)
    plan = in_force.of(service)
    if problem is not None or plan is None:
        raise problem or PlanRefused("No plan of this service is kept.")
    return Answers(
        application=service.application.uuid,
        environment=service.environment_id,
        region=service.region,
        name=in_force.answers_of(plan).name,
        size=service.size_id,
        scaffold=service.scaffold,
        destinations=tuple(sorted(service.destinations.values_list("slug", flat=True))),
        owner=service.owner.uuid,
    )


def _refuse_unoffered(now: Answers, size: str, destinations: Collection[str]) -> None:
    faults: dict[str, list[str]] = {}
    if size not in {each.slug for each in offers.sizes()}:
        faults["size"] = ["There is no such size any more."]
    known = {each.slug for each in offers.destinations()} | set(now.destinations)
    missing = sorted(set(destinations) - known)
    if missing:
        faults["destinations"] = [f"Not offered: {', '.join(missing)}."]
    if faults:
        raise AnswersUnfit(faults)


def _place(
    kind: Kind, service: Service, wanted: Answers, by: User, reason: str, tools: Tools
) -> Order:
    application, environment = service.application, service.environment
    permit = checks.ask(tools.sources, by, checks.query_of(by, kind, application, environment))
    checks.refuse_unless_permitted(permit)
    with transaction.atomic():
        order = _order(kind, service, by)
        # after the insert: an order that ended while it waited for our turn may have changed it
        if not registration.hold_service(service, *IN_USE):
            raise ServiceNotReady(f"{service} is on its way out, or gone.")
        _first_revision(order, wanted, by, reason.strip())
        checks.keep(permit, by, point="submit", order=order)
        ledger.note("submitted", subjects.of(order), by=by.actor, reason=reason.strip())
        doorbell.ring(order.pk)
    return order


def _order(kind: Kind, service: Service, by: User) -> Order:
    try:
        with transaction.atomic():
            return Order.objects.create(
                kind=kind,
                requester=by,
                tenant=service.application.tenant,
                application=service.application,
                environment=service.environment,
                service=service,
            )
    except IntegrityError as error:
        raise OrderUnderWay(f"Somebody just ordered for {service}.") from error


def _first_revision(order: Order, wanted: Answers, by: User, reason: str) -> None:
    asked: dict[str, Any] = wanted.as_json() | {"reason": reason}
    Revision.objects.create(
        order=order,
        number=1,
        answers=asked,
        allotted=_allotted(order.service).as_json() if order.service else {},
        made_by=by,
        why=reason,
    )


def _allotted(service: Service) -> Allotted:
    """Return the UUIDs and names that the service and its placements have."""
    places = service.placements.filter(lifecycle__in=IN_USE)
    return Allotted(
        service=service.uuid,
        repository=service.application.repository_name,
        spots=tuple(
            Spot(
                placement=each.uuid,
                cluster=each.cluster.uuid,
                tenant_cluster=each.tenant_cluster.uuid,
                control_namespace=each.tenant_cluster.control_namespace,
                namespace=each.namespace,
                name=each.name,
            )
            for each in places.select_related("cluster", "tenant_cluster")
        ),
    )
