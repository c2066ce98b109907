"""Connections to clusters and what was last seen on them."""

from django.db import models

from portal.clock import now
from tenants.models import Cluster, Placement


class Connection(models.Model):
    """How the portal reaches a cluster: address, authority and its own renewing token."""

    cluster = models.OneToOneField(Cluster, models.CASCADE, related_name="connection")
    server = models.CharField(max_length=400, blank=True)
    authority = models.TextField(blank=True)  # PEM of the certificate authority
    tls_server_name = models.CharField(max_length=253, blank=True)
    token_sealed = models.TextField(blank=True)
    token_expires_at = models.DateTimeField(null=True)
    flux_version = models.CharField(max_length=40, blank=True)
    findings = models.JSONField(default=list, blank=True)  # [{level, text, fix}]
    joined_at = models.DateTimeField(default=now)
    heard_at = models.DateTimeField(null=True)  # last answer of any kind
    last_error = models.TextField(blank=True)

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
