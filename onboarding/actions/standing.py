"""Orders for a service that stands: another size, or its end. One at a time for each service."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from audit import ledger
from onboarding import subjects
from onboarding.actions import sendings
from onboarding.engine.steps import Tools
from onboarding.entitlement import checks
from onboarding.form import offers
from onboarding.form.answers import Allotted, Answers, Spot
from onboarding.models import Kind, Order, Revision
from onboarding.plans import in_force
from onboarding.ports import Answer
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


@dataclass(frozen=True)
class Standing:
    """What is wished for a service that stands, with all that had to be asked beforehand."""

    kind: Kind
    service: Service
    answers: Answers
    reason: str
    permit: Answer


def offboard(service: Service, *, by: User, reason: str, tools: Tools) -> Order:
    """Order that a service is taken away. Raises what `to_offboard` raises."""
    return _place(to_offboard(service, by=by, reason=reason, tools=tools), by=by)


def resize(
    service: Service,
    *,
    by: User,
    size: str,
    destinations: Collection[str],
    reason: str,
    tools: Tools,
) -> Order:
    """Order another size or other destinations for a service. Raises what `to_resize` raises."""
    wish = to_resize(
        service, by=by, size=size, destinations=destinations, reason=reason, tools=tools
    )
    return _place(wish, by=by)


def place_once(
    wish: Callable[[], Standing], sent: Mapping[str, Any], *, key: str, by: User
) -> tuple[list[Order], bool]:
    """Place what is wished, and say whether it is placed just now, as `submit_once` does.

    `sent` are the answers as they came; `wish` is asked for only where the key is new.
    """
    known = sendings.orders_of(key, sent, by=by)
    if known:
        return known, False
    try:
        return [_place(wish(), by=by, key=key, sent=sent)], True
    except (BerthError, IntegrityError):
        # a twin of this call may have been quicker, and its order be the one under way
        known = sendings.orders_of(key, sent, by=by)
        if not known:
            raise
    return known, False


def to_offboard(service: Service, *, by: User, reason: str, tools: Tools) -> Standing:
    """Check that a service may be taken away. Nothing is written.

    Raises ReasonMissing, NotEntitled, EntitlementUnknown and what `hindrance` returns.
    """
    if not reason.strip():
        raise ReasonMissing("Say why the service goes, so that the approver and the record know.")
    return _permitted(Kind.OFFBOARD, service, _as_it_is(service, by), by, reason, tools)


def to_resize(
    service: Service,
    *,
    by: User,
    size: str,
    destinations: Collection[str],
    reason: str,
    tools: Tools,
) -> Standing:
    """Check that a service may have this size and these destinations. Nothing is written.

    Raises AnswersUnfit for what is not offered, NothingChanged, NotEntitled, EntitlementUnknown and
    what `hindrance` returns.
    """
    now = _as_it_is(service, by)
    _refuse_unoffered(now, size, destinations)
    wanted = replace(now, size=size, destinations=tuple(sorted(set(destinations))))
    if wanted == now:
        raise NothingChanged(f"{service} has this size and these destinations already.")
    return _permitted(Kind.RESIZE, service, wanted, by, reason, tools)


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


def _permitted(
    kind: Kind, service: Service, wanted: Answers, by: User, reason: str, tools: Tools
) -> Standing:
    application, environment = service.application, service.environment
    permit = checks.ask(tools.sources, by, checks.query_of(by, kind, application, environment))
    checks.refuse_unless_permitted(permit)
    return Standing(kind, service, wanted, reason.strip(), permit)


def _place(
    wish: Standing, *, by: User, key: str = "", sent: Mapping[str, Any] = MappingProxyType({})
) -> Order:
    with transaction.atomic():
        order = _order(wish.kind, wish.service, by)
        sendings.keep(key, sent, by=by, family=order.family)
        # after the insert: an order that ended while it waited for our turn may have changed it
        if not registration.hold_service(wish.service, *IN_USE):
            raise ServiceNotReady(f"{wish.service} is on its way out, or gone.")
        _first_revision(order, wish, by)
        checks.keep(wish.permit, by, point="submit", order=order)
        ledger.note("submitted", subjects.of(order), by=by.actor, reason=wish.reason)
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


def _first_revision(order: Order, wish: Standing, by: User) -> None:
    Revision.objects.create(
        order=order,
        number=1,
        answers=wish.answers.as_json() | {"reason": wish.reason},
        allotted=_allotted(wish.service).as_json(),
        made_by=by,
        why=wish.reason,
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
