"""Connections to clusters and what was last seen on them."""

from django.db import models
from django.db.models import Q

from portal.clock import now
from tenants.models import Cluster, Placement

SHORT = 8  # characters of a commit that tell it from others


class Connection(models.Model):
    """How the portal reaches a joined cluster: address, authority and its own renewing token."""

    cluster = models.OneToOneField(Cluster, models.CASCADE, related_name="connection")
    # UID of the namespace kube-system, by which a cluster is known whatever its address is
    cluster_uid = models.CharField(max_length=64)
    server = models.CharField(max_length=400)
    authority = models.TextField(blank=True)  # PEM; "" trusts what the machine trusts
    tls_server_name = models.CharField(max_length=253, blank=True)
    token_sealed = models.TextField()
    token_expires_at = models.DateTimeField()
    token_renew_at = models.DateTimeField(db_index=True)
    kubernetes_version = models.CharField(max_length=40)
    flux_version = models.CharField(max_length=40, blank=True)  # "" where it cannot be seen
    findings = models.JSONField(default=list, blank=True)  # of fleet.survey, the worst first
    joined_at = models.DateTimeField(default=now)
    heard_at = models.DateTimeField(null=True)  # last answer of any kind
    look_at = models.DateTimeField(default=now, db_index=True)  # when to look around next
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(server__startswith="https://"),
                name="fleet_connection_https",
                violation_error_message="A cluster is reached by https:// only.",
            ),
            models.CheckConstraint(
                condition=~Q(token_sealed=""), name="fleet_connection_token_given"
            ),
        )

    def __str__(self) -> str:
        return f"connection to {self.cluster_id}"


class Beat(models.Model):
    """A place that the nightly look goes over: a cluster, or a Git host that has no row here."""

    place = models.CharField(max_length=100, unique=True)  # UUID of the cluster, name of the host
    cluster = models.OneToOneField(Cluster, models.CASCADE, null=True, related_name="beat")
    due_at = models.DateTimeField(default=now, db_index=True)
    looked_at = models.DateTimeField(null=True)  # the last look that saw everything
    last_error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.cluster.slug if self.cluster else self.place


class StrayKind(models.TextChoices):
    """What the nightly look finds."""

    NAMESPACE = "namespace", "Namespace nobody owns"
    FLUX = "flux", "Flux object nobody owns"
    REPOSITORY = "repository", "Repository nobody owns"
    MISSING = "missing", "Namespace is gone"
    GUARD = "guard", "Guard does not refuse"


class Stray(models.Model):
    """Something on a cluster or Git host that does not fit the record. Never mended by itself.

    It counts from `settled_at` on: what an order makes or undoes at the moment of a look is gone,
    or owned, at the next one.
    """

    beat = models.ForeignKey(Beat, models.CASCADE, related_name="strays")
    kind = models.CharField(max_length=12, choices=StrayKind)
    name = models.CharField(max_length=320)
    detail = models.TextField(blank=True)
    first_seen_at = models.DateTimeField(default=now)
    last_seen_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("kind",),
                condition=Q(settled_at__isnull=False, gone_at=None),
                name="fleet_stray_open",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("beat", "kind", "name"),
                condition=Q(gone_at=None),
                name="fleet_stray_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=StrayKind.values), name="fleet_stray_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Observation(models.Model):
    """What Flux last said of one placement. Silence shows as age, never as green."""

    placement = models.OneToOneField(Placement, models.CASCADE, related_name="observation")
    seen_at = models.DateTimeField(default=now)
    source = models.CharField(max_length=12)
    kustomization = models.CharField(max_length=12)
    source_revision = models.CharField(max_length=200, blank=True)
    attempted_revision = models.CharField(max_length=200, blank=True)
    applied_revision = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=100, blank=True)
    message = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.placement_id}: {self.kustomization}"

    @property
    def applied_in_short(self) -> str:
        """The applied revision as people say it, such as main@3f1c9d7b."""
        branch, _, commit = self.applied_revision.partition("@")
        return f"{branch}@{commit.rpartition(':')[2][:SHORT]}" if commit else branch
