"""What a priming pack may know. Every value was chosen when the plan was drafted."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TenantFacts:
    """What the `tenant/` part of a pack is rendered from: a tenant's shared ground on a cluster."""

    tenant: str  # slug
    tenant_cluster_uuid: str
    cluster: str  # slug
    control_namespace: str
    allowed_sources: tuple[str, ...]  # address prefixes, each ending in "/"
    labels: Mapping[str, str]  # whole keys


@dataclass(frozen=True)
class Quota:
    """A size in Kubernetes quantities."""

    cpu_requests: str
    memory_requests: str
    cpu_limits: str
    memory_limits: str
    storage: str
    pods: int


@dataclass(frozen=True)
class Egress:
    """One destination from the operators' catalogue; either cidr or namespace is set."""

    slug: str
    cidr: str
    namespace: str
    port: int
    protocol: str


@dataclass(frozen=True)
class GitSource:
    """Where Flux reads. `follow` is `branch` or `semver`, `reference` the branch or range."""

    url: str
    follow: str
    reference: str
    username: str
    path: str  # of the overlay in the repository, such as ./deploy/overlays/prod


@dataclass(frozen=True)
class Pace:
    """Flux durations, computed from the cluster's load and never typed by users."""

    source_interval: str
    interval: str
    retry_interval: str
    timeout: str


@dataclass(frozen=True)
class PlacementFacts:
    """What the `placement/` part of a pack is rendered from: one service on one cluster."""

    tenant: str
    application: str
    environment: str
    cluster: str
    region: str
    control_namespace: str  # of its Flux objects: the tenant's, or its own
    namespace: str
    name: str  # of account, source and Kustomization
    placement_uuid: str
    service_uuid: str
    shard: str  # "" where the cluster is not sharded
    quota: Quota
    egress: tuple[Egress, ...]
    source: GitSource
    allowed_sources: tuple[
        str, ...
    ]  # those of the tenant on this cluster; source.url starts with one
    pace: Pace
    labels: Mapping[str, str]
