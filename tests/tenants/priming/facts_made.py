"""Facts of one tenant and one placement, with any of them changed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tenants.priming import layouts, packs, render
from tenants.priming.facts import Egress, GitSource, Pace, PlacementFacts, Quota, TenantFacts
from tenants.priming.layouts import Layout
from tenants.priming.shapes import Rendered

PACKS = Path(__file__).resolve().parents[3] / "templates" / "priming"
NAMES = ("standard", "classic")
SOURCES = ("https://git.example.com/payments/",)
SITE = {"berth.internal/cost-centre": "4711", "berth.internal/criticality": "high"}

_TENANT = TenantFacts(
    tenant="payments",
    tenant_cluster_uuid="0b9c7a5e-64a5-4a0e-8d5b-3f5f0a6d1c01",
    cluster="eu1-prod-03",
    control_namespace="payments-flux",
    allowed_sources=SOURCES,
    labels=SITE,
)
_PLACEMENT = PlacementFacts(
    tenant="payments",
    application="checkout",
    environment="prod",
    cluster="eu1-prod-03",
    region="eu1",
    control_namespace="payments-flux",
    namespace="payments-checkout-prod",
    name="checkout-prod",
    placement_uuid="5f2f6f0e-7c1d-4b43-9a4e-1f0c6d3b9a02",
    service_uuid="c4a7d1be-2f63-4d1c-b0de-7b8a52e6aa03",
    shard="shard1",
    quota=Quota("4", "8Gi", "8", "16Gi", "20Gi", 30),
    egress=(
        Egress("orders-db", "10.20.0.0/16", "", 5432, "TCP"),
        Egress("pricing", "", "pricing-api-prod", 8443, "TCP"),
    ),
    source=GitSource(
        "https://git.example.com/payments/checkout.git",
        "semver",
        ">=1.0.0",
        "flux-checkout-prod",
        "./deploy/overlays/prod",
    ),
    allowed_sources=SOURCES,
    pace=Pace("1m", "10m", "5m", "5m"),
    labels=SITE,
)


def tenant_facts(**changes: Any) -> TenantFacts:
    return replace(_TENANT, **changes)


def of_layout(layout: Layout, facts: PlacementFacts = _PLACEMENT) -> PlacementFacts:
    """Return the facts with Flux's objects where the layout has them."""
    control = layout.control_namespace(facts.control_namespace, facts.namespace)
    return replace(facts, control_namespace=control)


def rendered(name: str) -> tuple[Rendered, ...]:
    """Return everything that the pack makes of the facts."""
    pack = packs.load(PACKS, name)
    own = of_layout(layouts.of(pack))
    return (*render.render_tenant(pack, _TENANT), *render.render_placement(pack, own))


def placement_facts(**changes: Any) -> PlacementFacts:
    return replace(_PLACEMENT, **changes)
