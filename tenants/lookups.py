"""Rows of the record by who is asking. Absent and forbidden look the same: 404.

People see the tenants they are members of; operators and auditors see all; a machine sees what its
token was granted, a workload what the file of trusted issuers gives it.
"""

from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Model, Prefetch, Q, QuerySet
from django.http import Http404

from accounts import lookups as door
from accounts.machines import Machine, Principal, Workload
from accounts.models import MachineToken, User
from tenants import names
from tenants.catalogue import Destination, Environment, Size
from tenants.lifecycle import LIVE
from tenants.models import (
    Application,
    Claim,
    ClaimKind,
    Cluster,
    Placement,
    Presence,
    Service,
    Tenant,
    TenantCluster,
    TokenGrant,
)

Row = TypeVar("Row", bound=Model)


def sees_everything(principal: Principal) -> bool:
    """Say whether somebody looks across tenants."""
    if isinstance(principal, Machine):
        return TokenGrant.objects.filter(token=principal.token, tenant=None).exists()
    return principal.sees_everything


def _within(principal: Principal, path: str) -> Q:
    """Return the condition that the tenant at the end of `path` is one that they see."""
    if sees_everything(principal):
        return Q()
    return Q(**{f"{path}in": _own(principal)})


def _own(principal: Principal) -> QuerySet[Tenant]:
    if isinstance(principal, Machine):
        return Tenant.objects.filter(token_grants__token=principal.token)
    if isinstance(principal, Workload):
        return Tenant.objects.filter(slug__in=principal.tenants)
    return Tenant.objects.filter(memberships__user=principal)


def found(rows: QuerySet[Row], uuid: UUID) -> Row:
    """Return the row with this UUID out of what somebody sees, or raise Http404."""
    row = rows.filter(uuid=uuid).first()
    if row is None:
        raise Http404
    return row


def tenants_of(principal: Principal) -> QuerySet[Tenant]:
    return Tenant.objects.filter(_within(principal, "pk__"))


def tenant_for(principal: Principal, uuid: UUID) -> Tenant:
    return found(tenants_of(principal), uuid)


def applications_of(principal: Principal) -> QuerySet[Application]:
    """Return applications, retired ones too, with tenant and owner."""
    rows = Application.objects.filter(_within(principal, "tenant__"))
    return rows.select_related("tenant", "owner")


def application_for(principal: Principal, uuid: UUID) -> Application:
    return found(applications_of(principal), uuid)


def services_of(principal: Principal) -> QuerySet[Any]:
    """Return services, retired ones too, with what their names are made of."""
    return services().filter(_within(principal, "application__tenant__"))


def services() -> QuerySet[Any]:
    """Return every service and whether its owner has left; for the portal and its commands."""
    rows = Service.objects.select_related("application__tenant", "environment", "owner", "size")
    return rows.prefetch_related("destinations").annotate(owner_left=door.left("owner"))


def answered_for_by(user: User) -> QuerySet[Any]:
    """Return services in use that a person sees and answers for, or for their application."""
    own = Q(owner=user) | Q(application__owner=user)
    return services_of(user).filter(own, lifecycle__in=LIVE)


def next_owners(service: Service) -> QuerySet[User]:
    """Return who may become the owner of a service that the caller has found."""
    members = service.application.tenant.members.filter(~door.left("pk"), is_active=True)
    return members.exclude(pk=service.owner_id).order_by("first_name", "last_name", "username")


def service_for(principal: Principal, uuid: UUID) -> Service:
    row: Service = found(services_of(principal), uuid)
    return row


def placements_of(principal: Principal) -> QuerySet[Placement]:
    """Return placements, retired ones too, with service and cluster."""
    rows = Placement.objects.filter(_within(principal, "service__application__tenant__"))
    return rows.select_related("service__application__tenant", "cluster", "tenant_cluster")


def placement_for(principal: Principal, uuid: UUID) -> Placement:
    return found(placements_of(principal), uuid)


def presences_of(principal: Principal) -> QuerySet[TenantCluster]:
    """Return where tenants have ground, with tenant and cluster."""
    rows = TenantCluster.objects.filter(_within(principal, "tenant__"))
    return rows.select_related("tenant", "cluster")


def presence_for(principal: Principal, uuid: UUID) -> TenantCluster:
    return found(presences_of(principal), uuid)


def claims_of(principal: Principal) -> QuerySet[Claim]:
    """Return taken names, for whoever sees everything; none, for others."""
    rows = Claim.objects.select_related("application__tenant")
    return rows if sees_everything(principal) else rows.none()


def clusters_for(principal: Principal) -> QuerySet[Cluster]:
    """Return the fleet. Everybody may know its clusters' names and regions."""
    rows = Cluster.objects.prefetch_related("environments")
    return rows if principal.is_authenticated else rows.none()


def cluster_for(principal: Principal, uuid: UUID) -> Cluster:
    return found(clusters_for(principal), uuid)


def people_of(tenant: Tenant) -> QuerySet[User]:
    """Return the members of a tenant that the caller has found by who is asking."""
    return tenant.members.order_by("first_name", "last_name", "username")


def with_sight(tokens: QuerySet[MachineToken]) -> QuerySet[MachineToken]:
    """Add to machines that the caller has found what each was granted."""
    return tokens.prefetch_related(
        Prefetch("grants", TokenGrant.objects.select_related("tenant").order_by("tenant__slug"))
    )


def grant_of(token: MachineToken, number: int) -> TokenGrant:
    """Return a grant of a machine that the caller has found, or raise Http404."""
    grant = TokenGrant.objects.filter(token=token, pk=number).select_related("tenant").first()
    if grant is None:
        raise Http404
    return grant


# What the process above asks while it draws up an order


def clusters_in_turn(environment: Environment, region: str) -> list[Cluster]:
    """Return the clusters that take services of the environment in the region, best first.

    By the operators' rule: by rank, then fewest live placements, then name. Whether they may hold
    an application's data is for the eligibility matrix to say.
    """
    accepting = environment.clusters.filter(accepting=True, region=region)
    live = Placement.objects.filter(lifecycle__in=LIVE, cluster__in=accepting)
    load = dict(live.order_by().values_list("cluster").annotate(Count("pk")))
    return sorted(accepting, key=lambda each: (each.rank, load.get(each.pk, 0), each.slug))


def regions_for(environment: Environment) -> list[str]:
    """Return the regions in which some cluster takes services of the environment."""
    accepting = environment.clusters.filter(accepting=True).order_by("region")
    return list(accepting.values_list("region", flat=True).distinct())


def live_service(application: Application, environment: str) -> Service | None:
    """Return the service that the application has in the environment, unless it is retired."""
    return application.services.filter(environment=environment, lifecycle__in=LIVE).first()


def neighbours_of(placement: Placement) -> QuerySet[Placement]:
    """Return the other live placements on the same ground of the tenant."""
    live = Placement.objects.filter(tenant_cluster=placement.tenant_cluster, lifecycle__in=LIVE)
    return live.exclude(service=placement.service)


def leaving_repository(application: Application, order_uuid: UUID) -> Claim | None:
    """Return the claim on a repository that an order is about to put away, or None."""
    claims = application.claims.filter(kind=ClaimKind.REPOSITORY, released_at=None)
    return claims.filter(order_uuid=order_uuid, leaving_at__isnull=False).first()


def is_name_taken(kind: ClaimKind, scope: str, name: str) -> bool:
    """Say whether a name is claimed, or is a tenant's control namespace on the cluster."""
    if Claim.objects.filter(kind=kind, scope=scope, name=name, released_at=None).exists():
        return True
    if kind != ClaimKind.NAMESPACE:
        return False
    ground = TenantCluster.objects.filter(cluster__uuid=scope, control_namespace=name)
    return ground.exclude(presence=Presence.GONE).exists()


def ground_of(tenant: Tenant, cluster: Cluster) -> TenantCluster:
    """Return the tenant's presence on the cluster as it is, or as it would be made (not saved).

    Whoever asks gets the same UUID and control namespace, before it is made and after.
    """
    there = TenantCluster.objects.filter(tenant=tenant, cluster=cluster).first()
    return there or TenantCluster(
        uuid=names.presence_uuid(tenant.uuid, cluster.uuid),
        tenant=tenant,
        cluster=cluster,
        control_namespace=names.control_namespace(tenant.slug, settings.BERTH_NAME_PATTERNS),
        pack=pack_for(cluster),
    )


def pack_for(cluster: Cluster) -> str:
    """Return the name of the pack by which new placements are laid out on the cluster."""
    return cluster.pack or settings.BERTH_PACK


# What the catalogue holds


def environments() -> QuerySet[Environment]:
    return Environment.objects.all()


def sizes() -> QuerySet[Size]:
    return Size.objects.all()


def destinations() -> QuerySet[Destination]:
    """Return destinations, those that are no longer offered too."""
    return Destination.objects.all()
