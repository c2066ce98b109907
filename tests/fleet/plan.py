"""What a plan holds for a placement: its pack, rendered for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from tenants.models import Placement
from tenants.priming import packs, render
from tenants.priming.facts import GitSource, Pace, PlacementFacts, Quota, TenantFacts

Entries = list[dict[str, Any]]


@dataclass(frozen=True)
class Planned:
    """The two parts, as entries of a stored plan, and the pack with its version."""

    tenant: Entries
    placement: Entries
    pack: str
    version: int

    @property
    def chosen(self) -> dict[str, Any]:
        """The pack as `prime_tenant` is told of it."""
        return {"pack": self.pack, "pack_version": self.version}


def planned(
    placement: Placement, *, git: str = "https://git.example.com", branch: str = "main"
) -> Planned:
    """Render the placement's pack; `git` is the address under which tenants' repositories are."""
    pack = packs.load(settings.BERTH_PACKS, placement.pack)
    return Planned(
        tenant=_entries(render.render_tenant(pack, _tenant(placement, git))),
        placement=_entries(render.render_placement(pack, _placement(placement, git, branch))),
        pack=pack.name,
        version=pack.version,
    )


def _entries(rendered: Iterable[render.Rendered]) -> Entries:
    return [{"wave": each.wave, "file": each.file, "manifest": each.manifest} for each in rendered]


def _tenant(placement: Placement, git: str) -> TenantFacts:
    presence = placement.tenant_cluster
    slug = presence.tenant.slug
    return TenantFacts(
        tenant=slug,
        tenant_cluster_uuid=str(presence.uuid),
        cluster=placement.cluster.slug,
        control_namespace=presence.control_namespace,
        allowed_sources=(f"{git}/{slug}/",),
        labels={},
    )


def _placement(placement: Placement, git: str, branch: str) -> PlacementFacts:
    service = placement.service
    application, tenant = service.application, service.application.tenant
    return PlacementFacts(
        tenant=tenant.slug,
        application=application.slug,
        environment=service.environment_id,
        cluster=placement.cluster.slug,
        region=placement.cluster.region,
        control_namespace=placement.flux_namespace,
        namespace=placement.namespace,
        name=placement.name,
        placement_uuid=str(placement.uuid),
        service_uuid=str(service.uuid),
        shard="",
        quota=Quota("500m", "1Gi", "1", "2Gi", "5Gi", 10),
        egress=(),
        source=GitSource(
            url=f"{git}/{tenant.slug}/{application.slug}.git",
            follow="branch",
            reference=branch,
            username=f"placement-{placement.uuid}",
            path=f"./deploy/overlays/{service.environment_id}",
        ),
        allowed_sources=(f"{git}/{tenant.slug}/",),
        pace=Pace("1m", "10m", "5m", "1m"),
        labels={},
    )


def secret(name: str) -> str:
    """Resolve a secret reference, as the process above would."""
    return f"the {name} password"
