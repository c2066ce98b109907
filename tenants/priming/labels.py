"""The labels of primed objects: ours, by which the portal knows its own, and a site's."""

from collections.abc import Mapping

from portal.errors import PlanRefused
from tenants.priming.facts import PlacementFacts, TenantFacts

PREFIX = "berth.internal/"
MANAGED_BY = "app.kubernetes.io/managed-by"
TENANT = "toolkit.fluxcd.io/tenant"
SCOPE = f"{PREFIX}scope"
TENANT_CLUSTER = f"{PREFIX}tenant-cluster"
PLACEMENT = f"{PREFIX}placement"
SHARD = "sharding.fluxcd.io/key"

ALLOWED_SOURCES = f"{PREFIX}allowed-sources"  # annotation of a control namespace
PLACEMENT_LINE = "placement.berth.internal/"  # annotation, continued by a workload namespace

SERVICE = f"{PREFIX}service"
APPLICATION = f"{PREFIX}application"
ENVIRONMENT = f"{PREFIX}environment"

# What a site may not set through labels of its own: how the portal knows its objects, and what
# guards, network policies, Pod Security and Flux decide by.
_OURS = frozenset(
    {
        MANAGED_BY,
        TENANT,
        SCOPE,
        TENANT_CLUSTER,
        PLACEMENT,
        SERVICE,
        APPLICATION,
        ENVIRONMENT,
        f"{PREFIX}gateway",
    }
)
_OTHERS = ("kubernetes.io/", "pod-security.kubernetes.io/")
_FLUX = "fluxcd.io"


def of_tenant(facts: TenantFacts) -> dict[str, str]:
    """Return the labels of every object of a tenant's part."""
    ours = {MANAGED_BY: "berth", TENANT: facts.tenant, TENANT_CLUSTER: facts.tenant_cluster_uuid}
    return _joined(ours, facts.labels)


def of_placement(facts: PlacementFacts) -> dict[str, str]:
    """Return the labels of every object of a placement's part."""
    ours = {
        MANAGED_BY: "berth",
        PLACEMENT: facts.placement_uuid,
        SERVICE: facts.service_uuid,
    }
    return _joined(ours | _whose(facts), facts.labels)


def of_delivered(facts: PlacementFacts) -> dict[str, str]:
    """Return the labels that Flux adds to what the repository holds.

    Never managed-by: admission guard 4 would then keep the team from changing its own objects.
    """
    return _joined(_whose(facts), facts.labels)


def _whose(facts: PlacementFacts) -> dict[str, str]:
    return {
        TENANT: facts.tenant,
        APPLICATION: facts.application,
        ENVIRONMENT: facts.environment,
    }


def _joined(ours: Mapping[str, str], site: Mapping[str, str]) -> dict[str, str]:
    taken = sorted(filter(_is_taken, site))
    if taken:
        raise PlanRefused(f"{', '.join(taken)}: labels that the portal keeps for itself")
    return dict(sorted((dict(site) | dict(ours)).items()))


def _is_taken(key: str) -> bool:
    return key in _OURS or key.startswith(_OTHERS) or key.partition("/")[0].endswith(_FLUX)
