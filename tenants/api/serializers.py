"""What the API shows of each record: an explicit list of fields, other rows by UUID and slug."""

from typing import Any, TypeAlias

from rest_framework import serializers

from accounts.models import User
from tenants import matrix, reviews
from tenants.lifecycle import CSDM, Lifecycle
from tenants.models import (
    Application,
    Claim,
    Cluster,
    Placement,
    Rule,
    Service,
    Tenant,
    TenantCluster,
)

KEPT = ("created_at", "updated_at", "version")
Shown: TypeAlias = serializers.ModelSerializer[Any]
FOR_OPERATORS = ("rank", "shards", "capacity_cpu", "capacity_memory")


class TenantRef(serializers.ModelSerializer[Tenant]):
    """A tenant by UUID and slug."""

    class Meta:
        model = Tenant
        fields = ("uuid", "slug")


class ApplicationRef(serializers.ModelSerializer[Application]):
    """An application by UUID and slug."""

    class Meta:
        model = Application
        fields = ("uuid", "slug")


class ClusterRef(serializers.ModelSerializer[Cluster]):
    """A cluster by UUID and slug."""

    class Meta:
        model = Cluster
        fields = ("uuid", "slug")


class PersonRef(serializers.ModelSerializer[User]):
    """A person by stable identity and by name."""

    name = serializers.CharField(source="__str__")

    class Meta:
        model = User
        fields = ("uuid", "username", "name")


class RecordFields(serializers.Serializer[Any]):
    """What every record has. Declared, as a database's largest number is no part of the promise."""

    version = serializers.IntegerField(help_text="Counts the changes of the record.")


class TenantRecord(RecordFields, serializers.ModelSerializer[Tenant]):
    """An organisational owner."""

    class Meta:
        model = Tenant
        fields = ("uuid", "slug", "name", "support_group", *KEPT)


class ApplicationRecord(RecordFields, serializers.ModelSerializer[Application]):
    """A business application; its services share one repository."""

    tenant = TenantRef()
    owner = PersonRef()

    class Meta:
        model = Application
        fields = (
            "uuid",
            "tenant",
            "slug",
            "name",
            "reference",
            "owner",
            "support_group",
            "cost_centre",
            "criticality",
            "classification",
            "retired_at",
            "repository_host",
            "repository_name",
            "repository_url",
            *KEPT,
        )


class LifecycleFields(RecordFields):
    """A lifecycle with the pair that CSDM has for it."""

    lifecycle = serializers.ChoiceField(choices=Lifecycle.choices)
    stage = serializers.SerializerMethodField("stage_of", help_text="Life-cycle stage of CSDM.")
    status = serializers.SerializerMethodField("status_of", help_text="Its status in the stage.")

    def stage_of(self, row: Service | Placement) -> str:
        """Return the first of the pair."""
        return CSDM[Lifecycle(row.lifecycle)][0]

    def status_of(self, row: Service | Placement) -> str:
        """Return the second of the pair."""
        return CSDM[Lifecycle(row.lifecycle)][1]


class ServiceRecord(LifecycleFields, serializers.ModelSerializer[Service]):
    """An application in one environment, which tickets and approvals point at."""

    tenant = TenantRef(source="application.tenant")
    application = ApplicationRef()
    environment = serializers.CharField(source="environment_id")
    owner = PersonRef()
    size = serializers.CharField(source="size_id")
    destinations = serializers.SlugRelatedField[Any]("slug", many=True, read_only=True)
    review_overdue = serializers.SerializerMethodField(
        "overdue_of", help_text="Whether its owner should have confirmed it by now."
    )
    owner_left = serializers.BooleanField(
        read_only=True, help_text="Whether its owner is flagged as having left."
    )

    eligible = serializers.SerializerMethodField(
        "eligible_of",
        help_text="Whether the eligibility matrix allows it where it lives; null: nowhere.",
    )

    def eligible_of(self, row: Any) -> bool | None:
        """Say whether all of its placements are where its data may be."""
        return matrix.fits(row.live_placements, self.context["view"].rules)

    def overdue_of(self, row: Service) -> bool:
        """Say whether the day of its review has passed."""
        return reviews.standing(row) is reviews.Standing.OVERDUE

    class Meta:
        model = Service
        fields = (
            "uuid",
            "tenant",
            "application",
            "environment",
            "region",
            "owner",
            "size",
            "destinations",
            "scaffold",
            "lifecycle",
            "stage",
            "status",
            "review_due",
            "review_overdue",
            "owner_left",
            "eligible",
            *KEPT,
        )


class ClusterRecord(RecordFields, serializers.ModelSerializer[Cluster]):
    """A member of the fleet; rank, shards and capacity are null unless you see every tenant."""

    environments = serializers.SlugRelatedField[Any]("slug", many=True, read_only=True)
    rank = serializers.IntegerField(allow_null=True)
    shards = serializers.ListField(child=serializers.CharField(), allow_null=True)
    capacity_cpu = serializers.IntegerField(allow_null=True, help_text="Cores; 0: not said.")
    capacity_memory = serializers.IntegerField(allow_null=True, help_text="GiB; 0: not said.")

    class Meta:
        model = Cluster
        fields = (
            "uuid",
            "slug",
            "region",
            "tier",
            "environments",
            "delivery",
            "accepting",
            *FOR_OPERATORS,
            *KEPT,
        )

    def to_representation(self, instance: Cluster) -> dict[str, Any]:
        """Leave out what is for operators, unless an operator looks."""
        shown = super().to_representation(instance)
        if not self.context["view"].sees_everything:
            shown |= dict.fromkeys(FOR_OPERATORS)
        return shown


class PresenceRecord(RecordFields, serializers.ModelSerializer[TenantCluster]):
    """A tenant's shared ground on one cluster."""

    tenant = TenantRef()
    cluster = ClusterRef()
    pack_version = serializers.IntegerField(help_text="Of what was applied; 0: nothing yet.")

    class Meta:
        model = TenantCluster
        fields = (
            "uuid",
            "tenant",
            "cluster",
            "control_namespace",
            "pack",
            "pack_version",
            "presence",
            *KEPT,
        )


class PlacementRecord(LifecycleFields, serializers.ModelSerializer[Placement]):
    """A service on one cluster, with the names it has there."""

    service = serializers.UUIDField(source="service.uuid")
    tenant = TenantRef(source="service.application.tenant")
    application = ApplicationRef(source="service.application")
    environment = serializers.CharField(source="service.environment_id")
    cluster = ClusterRef()
    eligible = serializers.SerializerMethodField(
        "eligible_of",
        help_text="Whether the eligibility matrix allows it there; null once it is retired.",
    )

    def eligible_of(self, row: Placement) -> bool | None:
        """Say whether its data may be on its cluster."""
        return matrix.fits([row], self.context["view"].rules)

    class Meta:
        model = Placement
        fields = (
            "uuid",
            "service",
            "tenant",
            "application",
            "environment",
            "cluster",
            "namespace",
            "name",
            "shard",
            "lifecycle",
            "stage",
            "status",
            "revision",
            "live_at",
            "eligible",
            *KEPT,
        )


class ClaimRecord(serializers.ModelSerializer[Claim]):
    """A name that is taken, or was."""

    application = ApplicationRef()

    class Meta:
        model = Claim
        fields = (
            "uuid",
            "kind",
            "scope",
            "name",
            "order_uuid",
            "placement_uuid",
            "application",
            "made_at",
            "released_at",
        )


class RuleRecord(RecordFields, serializers.ModelSerializer[Rule]):
    """A row of the eligibility matrix, with the editions that it was in."""

    environment = serializers.CharField(
        source="environment_id", allow_null=True, help_text="Null stands for any."
    )
    classification = serializers.CharField(help_text="An empty text stands for any.")
    tier = serializers.CharField(
        help_text="Of clusters: * at the end stands for all that begin so, - for those without."
    )
    region = serializers.CharField(help_text="* at the end stands for all that begin so.")
    since = serializers.IntegerField(source="since_id", help_text="The edition that it came with.")
    since_at = serializers.DateTimeField(source="since.created_at")
    until = serializers.IntegerField(
        source="until_id", allow_null=True, help_text="The edition that it went with, or null."
    )
    until_at = serializers.DateTimeField(source="until.created_at", allow_null=True, default=None)

    class Meta:
        model = Rule
        fields = (
            "uuid",
            "environment",
            "classification",
            "tier",
            "region",
            "allows",
            "why",
            "remedy",
            "since",
            "since_at",
            "until",
            "until_at",
            *KEPT,
        )
