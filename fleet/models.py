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
