"""The record itself: owners, applications, services, clusters, placements and taken names.

Rules are database constraints; rows are written by `tenants/actions.py` only.
"""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts.models import MachineToken, User
from portal.clock import now
from tenants.catalogue import Destination, Environment, Size
from tenants.fields import Record, SlugField, label_value, reserved_rule, shape_rule
from tenants.gradings import Classification, Criticality
from tenants.lifecycle import LIVE, Lifecycle
from tenants.rules import Edition, Rule

__all__ = [
    "Application",
    "Claim",
    "ClaimKind",
    "Cluster",
    "Delivery",
    "Edition",
    "Membership",
    "Placement",
    "Presence",
    "Rule",
    "Service",
    "Tenant",
    "TenantCluster",
    "TokenGrant",
]


class Tenant(Record):
    """An organisational owner (a team)."""

    slug = SlugField(unique=True)
    name = models.CharField(max_length=100)
    support_group = models.CharField(max_length=100, blank=True)
    members = models.ManyToManyField(User, through="Membership", related_name="tenants")

    class Meta:
        ordering = ("slug",)
        constraints = (
            shape_rule("tenant"),
            reserved_rule("tenant"),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person belongs to a tenant and sees what is its own."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    source = models.CharField(max_length=30, blank=True)  # the provider that says so; "": people

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("tenant", "user"), name="tenants_member_once"),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.tenant}"


class TokenGrant(models.Model):
    """What a machine token sees: one tenant, or every tenant where none is named."""

    token = models.ForeignKey(MachineToken, models.CASCADE, related_name="grants")
    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, related_name="token_grants")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("token", "tenant"), name="tenants_grant_once"),
            # a second constraint because NULL is never equal to NULL
            models.UniqueConstraint(
                fields=("token",), condition=Q(tenant=None), name="tenants_grant_everything_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.token}: {self.tenant or 'every tenant'}"


class Application(Record):
    """A business application of a tenant; its services share one repository."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="applications")
    slug = SlugField()
    reference = models.CharField(max_length=40, blank=True)  # its number in the portfolio
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, models.PROTECT, related_name="owned_applications")
    # a label on every primed object, so it keeps the grammar of label values
    cost_centre = models.CharField(max_length=40, validators=[label_value])
    criticality = models.CharField(max_length=10, choices=Criticality, default=Criticality.MEDIUM)
    classification = models.CharField(
        max_length=12, choices=Classification, default=Classification.INTERNAL
    )
    support_group = models.CharField(max_length=100, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    repository_host = models.CharField(max_length=100, blank=True)
    repository_name = models.CharField(max_length=200, blank=True)
    repository_url = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("tenant__slug", "slug")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "slug"),
                name="tenants_application_slug",
                violation_error_message="This tenant has an application of this name already.",
            ),
            shape_rule("application"),
            reserved_rule("application"),
            models.CheckConstraint(
                condition=Q(criticality__in=Criticality.values), name="tenants_criticality_known"
            ),
            models.CheckConstraint(
                condition=Q(classification__in=Classification.values),
                name="tenants_classification_known",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Service(Record):
    """An application in one environment (CSDM service instance): what tickets point at."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="services")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="services")
    region = models.CharField(max_length=30)
    owner = models.ForeignKey(User, models.PROTECT, related_name="owned_services")
    size = models.ForeignKey(Size, models.PROTECT)
    destinations = models.ManyToManyField(Destination, blank=True)
    scaffold = models.CharField(max_length=60, blank=True)
    lifecycle = models.CharField(max_length=12, choices=Lifecycle, default=Lifecycle.DESIGNED)
    review_due = models.DateField(null=True, db_index=True)  # see tenants/reviews.py; None: never

    class Meta:
        ordering = ("application__tenant__slug", "application__slug", "environment__rank")
        constraints = (
            models.UniqueConstraint(
                fields=("application", "environment"),
                condition=Q(lifecycle__in=LIVE),
                name="tenants_service_once",
                violation_error_message="This application is in this environment already.",
            ),
            models.CheckConstraint(
                condition=Q(lifecycle__in=Lifecycle.values), name="tenants_service_lifecycle"
            ),
            models.CheckConstraint(
                condition=~Q(lifecycle=Lifecycle.RETIRED) | Q(review_due=None),
                name="tenants_service_retired_unreviewed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.application.slug} in {self.environment_id}"


class Delivery(models.TextChoices):
    """How the portal's objects reach a cluster."""

    API = "api", "Kubernetes API"
    REHEARSAL = "rehearsal", "Rehearsal"


class Cluster(Record):
    """A member of the fleet."""

    slug = SlugField(unique=True, max_length=40)
    region = models.CharField(max_length=30)
    tier = models.CharField(max_length=30, blank=True)
    environments = models.ManyToManyField(Environment, related_name="clusters")
    delivery = models.CharField(max_length=10, choices=Delivery, default=Delivery.API)
    accepting = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(default=0)  # lower is chosen first
    shards = models.JSONField(default=list, blank=True)  # Flux shard keys; empty: unsharded
    pack = models.CharField(max_length=40, blank=True)  # of new placements; "": the portal's
    capacity_cpu = models.PositiveIntegerField(default=0)  # cores; 0: not said
    capacity_memory = models.PositiveIntegerField(default=0)  # GiB; 0: not said

    class Meta:
        ordering = ("slug",)
        constraints = (
            shape_rule("cluster"),
            models.CheckConstraint(
                condition=Q(delivery__in=Delivery.values), name="tenants_cluster_delivery"
            ),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def is_rehearsal(self) -> bool:
        return self.delivery == Delivery.REHEARSAL


class Presence(models.TextChoices):
    """Whether a tenant's shared ground on a cluster is there, or on its way out."""

    PRESENT = "present", "Present"
    LEAVING = "leaving", "Leaving"
    GONE = "gone", "Gone"


class TenantCluster(Record):
    """A tenant's shared ground on one cluster: the control namespace, under its own lease."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="presences")
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="presences")
    control_namespace = models.CharField(max_length=63)
    pack = models.CharField(max_length=40)  # that made it, or that the first placement came with
    pack_version = models.PositiveIntegerField(default=0)  # of what was applied; 0: nothing yet
    presence = models.CharField(max_length=10, choices=Presence, default=Presence.PRESENT)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("tenant", "cluster"), name="tenants_presence_once"),
            models.UniqueConstraint(
                fields=("cluster", "control_namespace"), name="tenants_presence_namespace"
            ),
            models.CheckConstraint(
                condition=Q(presence__in=Presence.values), name="tenants_presence_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.control_namespace} on {self.cluster}"


class Placement(Record):
    """A service on one cluster, with every name it was given: stored, never computed again."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="placements")
    tenant_cluster = models.ForeignKey(TenantCluster, models.PROTECT, related_name="placements")
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="placements")
    pack = models.CharField(max_length=40)
    namespace = models.CharField(max_length=63)
    # where its Flux objects stand: the tenant's control namespace there, or its own
    flux_namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=63)  # of account, source and Kustomization
    shard = models.CharField(max_length=63, blank=True)
    credential_generation = models.PositiveIntegerField(default=1)
    # the newest generation Flux has fetched with; older ones are no longer accepted
    credential_fetched = models.PositiveIntegerField(default=0)
    lifecycle = models.CharField(max_length=12, choices=Lifecycle, default=Lifecycle.DESIGNED)
    revision = models.CharField(max_length=200, blank=True)  # what Flux applied when it went live
    live_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("cluster__slug",)
        constraints = (
            models.UniqueConstraint(
                fields=("service", "cluster"),
                condition=Q(lifecycle__in=LIVE),
                name="tenants_placement_once",
            ),
            models.UniqueConstraint(
                fields=("cluster", "namespace"),
                condition=Q(lifecycle__in=LIVE),
                name="tenants_placement_namespace",
            ),
            models.CheckConstraint(
                condition=Q(lifecycle__in=Lifecycle.values), name="tenants_placement_lifecycle"
            ),
            models.CheckConstraint(
                condition=~Q(pack="") & ~Q(flux_namespace=""), name="tenants_placement_laid_out"
            ),
        )

    def __str__(self) -> str:
        return f"{self.namespace} on {self.cluster.slug}"


class ClaimKind(models.TextChoices):
    """What kind of name is taken."""

    NAMESPACE = "namespace", "Namespace"
    REPOSITORY = "repository", "Repository"


class Claim(models.Model):
    """A taken name, unique while live; given back when undo or offboarding has finished."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=ClaimKind)
    scope = models.CharField(max_length=100)  # cluster UUID, or name of the Git host
    name = models.CharField(max_length=253)
    order_uuid = models.UUIDField(db_index=True)
    placement_uuid = models.UUIDField(null=True)
    # whose order it was; of a repository also the holder, whichever of its orders came first
    application = models.ForeignKey(Application, models.PROTECT, related_name="claims")
    made_at = models.DateTimeField(default=now)
    # of a repository with which the last service has gone: newcomers wait until it is put away
    leaving_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "scope", "name"),
                condition=Q(released_at__isnull=True),
                name="tenants_claim_live_once",
                violation_error_message="This name is taken.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ClaimKind.values), name="tenants_claim_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
