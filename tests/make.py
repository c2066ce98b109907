"""Makes rows for tests: `make_*` functions with sensible defaults.

Rows that a slug identifies (tenants, catalogue, clusters) are made once and found again, so that
two services can be made without saying that they share an environment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.test import Client

from accounts.models import LOCAL, RoleGrant, User
from audit.ledger import SYSTEM
from onboarding.actions import delegate, put_window
from onboarding.changes import moves
from onboarding.changes.policies import Stage
from onboarding.models import Change, Delegation, Order, WindowEdition
from portal.clock import now
from tenants.catalogue import ChangeType, Destination, Environment, Size
from tenants.models import (
    Application,
    Cluster,
    Delivery,
    Edition,
    Membership,
    Placement,
    Rule,
    Service,
    Tenant,
    TenantCluster,
)

PASSWORD = "a long walk on the beach"

_number = count(1)
ONE_APPROVER = (Stage("Approval"),)


def make_user(username: str = "", *roles: str, **fields: Any) -> User:
    """Make a person with a local account, the roles and PASSWORD."""
    username = username or f"person{next(_number)}"
    fields.setdefault("email", f"{username}@example.com")
    fields.setdefault("first_name", username.capitalize())
    fields.setdefault("issuer", LOCAL)
    fields.setdefault("subject", username)
    user = User.objects.create_user(username, password=PASSWORD, **fields)
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)
    return user


def browser_of(user: User) -> Client:
    """Return Django's test client, signed in as the person."""
    client = Client()
    client.force_login(user)
    return client


def make_tenant(slug: str = "retail", *, members: Sequence[User] = (), **fields: Any) -> Tenant:
    fields.setdefault("name", slug.capitalize())
    fields.setdefault("support_group", f"{slug}-support")
    tenant, _ = Tenant.objects.get_or_create(slug=slug, defaults=fields)
    for user in members:
        Membership.objects.get_or_create(tenant=tenant, user=user)
    return tenant


def make_application(
    slug: str = "basket", *, tenant: Tenant | None = None, owner: User | None = None, **fields: Any
) -> Application:
    fields.setdefault("name", slug.capitalize())
    fields.setdefault("cost_centre", "cc-1001")
    return Application.objects.create(
        slug=slug, tenant=tenant or make_tenant(), owner=owner or make_user(), **fields
    )


def make_environment(slug: str = "dev", **fields: Any) -> Environment:
    """Make an environment; `dev` is approved by policy, every other one by people."""
    fields.setdefault("name", slug.capitalize())
    fields.setdefault("change_type", ChangeType.STANDARD if slug == "dev" else ChangeType.NORMAL)
    fields.setdefault("production", slug == "prod")
    return Environment.objects.get_or_create(slug=slug, defaults=fields)[0]


def make_size(slug: str = "s", **fields: Any) -> Size:
    defaults = {
        "name": slug.upper(),
        "fits": "a small service",
        "cpu_requests": "500m",
        "memory_requests": "1Gi",
        "cpu_limits": "1",
        "memory_limits": "2Gi",
        "storage": "5Gi",
        "pods": 10,
    }
    return Size.objects.get_or_create(slug=slug, defaults=defaults | fields)[0]


def make_destination(slug: str = "orders-db", **fields: Any) -> Destination:
    """Make a destination; an address range unless `namespace` is given."""
    fields.setdefault("name", slug)
    fields.setdefault("port", 5432)
    if "namespace" not in fields:
        fields.setdefault("cidr", "10.20.0.0/16")
    return Destination.objects.get_or_create(slug=slug, defaults=fields)[0]


def make_cluster(
    slug: str = "eu1-a",
    *,
    environments: Iterable[Environment] = (),
    rehearsal: bool = True,
    **fields: Any,
) -> Cluster:
    """Make a cluster of region eu1; it accepts the environments, or `dev` when none are given."""
    fields.setdefault("region", "eu1")
    fields.setdefault("delivery", Delivery.REHEARSAL if rehearsal else Delivery.API)
    cluster, made = Cluster.objects.get_or_create(slug=slug, defaults=fields)
    taken = list(environments)
    if made or taken:
        cluster.environments.add(*(taken or [make_environment()]))
    return cluster


def make_rule(**fields: Any) -> Rule:
    """Put a row of the eligibility matrix in force; restricted data only on tier gold."""
    number = Edition.objects.count() + 1
    edition = Edition.objects.create(number=number, put_by="Olivia", reason="Decided.")
    columns = {"classification": "restricted", "tier": "gold", "allows": True, "why": "So it is."}
    return Rule.objects.create(since=edition, **(columns | fields))


def make_window(begin: datetime | None = None, **fields: Any) -> WindowEdition:
    """Put a window in force as it would be typed in UTC; a freeze everywhere of an hour from now.

    `place` names its scope, such as `cluster:eu1-a`.
    """
    first = (begin or now()).astimezone(UTC).replace(second=0, microsecond=0)
    scope, _, of = fields.pop("place", "global").partition(":")
    columns = {
        "kind": "freeze",
        "name": f"Window {next(_number)}",
        "reason": "Books are closed.",
        "scope": scope,
        "region": of if scope == "region" else "",
        "cluster": make_cluster(of) if scope == "cluster" else None,
        "tenant": make_tenant(of) if scope == "tenant" else None,
        "zone": "UTC",
        "first_day": first.date(),
        "first_time": first.time(),
        "minutes": 60,
        "why": "Decided.",
    }
    return put_window(WindowEdition(**(columns | fields)), by=SYSTEM)


def make_service(
    application: Application | None = None, environment: Environment | None = None, **fields: Any
) -> Service:
    application = application or make_application()
    fields.setdefault("region", "eu1")
    fields.setdefault("owner", application.owner)
    if "size" not in fields:
        fields["size"] = make_size()
    return Service.objects.create(
        application=application, environment=environment or make_environment(), **fields
    )


def make_tenant_cluster(tenant: Tenant, cluster: Cluster, **fields: Any) -> TenantCluster:
    fields.setdefault("control_namespace", f"{tenant.slug}-flux")
    fields.setdefault("pack", "standard")
    return TenantCluster.objects.get_or_create(tenant=tenant, cluster=cluster, defaults=fields)[0]


def make_placement(
    service: Service | None = None, cluster: Cluster | None = None, **fields: Any
) -> Placement:
    """Put a service on a cluster, with the names that the default patterns give."""
    service = service or make_service()
    cluster = cluster or make_cluster()
    application = service.application
    tenant_cluster = make_tenant_cluster(application.tenant, cluster)
    fields.setdefault("pack", tenant_cluster.pack)
    fields.setdefault("flux_namespace", tenant_cluster.control_namespace)
    fields.setdefault("uuid", uuid4())
    fields.setdefault(
        "namespace", f"{application.tenant.slug}-{application.slug}-{service.environment_id}"
    )
    fields.setdefault("name", f"{application.slug}-{service.environment_id}")
    return Placement.objects.create(
        service=service, cluster=cluster, tenant_cluster=tenant_cluster, **fields
    )


def make_change(
    order: Order, *groups: str, stages: Sequence[Stage] = ONE_APPROVER, **fields: Any
) -> Change:
    """Make the open change of an order; without `stages` of its own one of these groups decides."""
    number = next(_number)
    defaults = {
        "number": f"CHG{number:07d}",
        "key": f"{order.uuid}-{number}",
        "type": ChangeType.NORMAL,
        "digest": "d" * 64,
        "requester": order.requester.ident,
        "expires_at": now() + timedelta(days=5),
    }
    columns = defaults | fields
    columns.setdefault("lapses_at", columns["expires_at"])
    change = Change.objects.create(order_uuid=order.uuid, **columns)
    if change.type == ChangeType.NORMAL:
        moves.seat(change, [replace(each, groups=each.groups or groups) for each in stages])
        # as the fields say, which may be a moment that is over
        Change.objects.filter(pk=change.pk).update(expires_at=columns["expires_at"])
    Order.objects.filter(pk=order.pk).update(change_number=change.number)
    change.refresh_from_db()
    return change


def make_delegation(person: User, deputy: User, **fields: Any) -> Delegation:
    """Let a deputy decide in an approver's place, for a week from now."""
    columns: dict[str, Any] = {"begins": now(), "ends": now() + timedelta(days=7), "why": "Away."}
    return delegate(deputy, by=person, **(columns | fields))
