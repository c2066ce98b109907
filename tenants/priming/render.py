"""From facts to checked objects: the one way in which a pack becomes part of a plan."""

from collections.abc import Mapping
from dataclasses import fields

from tenants.priming import (
    documents,
    invariants,
    labels,
    packs,
    placement_rules,
    sandbox,
    tenant_rules,
)
from tenants.priming.facts import PlacementFacts, TenantFacts
from tenants.priming.packs import Pack
from tenants.priming.shapes import Rendered

__all__ = ["Rendered", "render_placement", "render_tenant"]


def render_tenant(pack: Pack, facts: TenantFacts) -> tuple[Rendered, ...]:
    """Return the objects of a tenant's shared ground, in the order of their waves.

    Raises PlanRefused with every broken invariant in words.
    """
    known = _known(facts) | {"labels": labels.of_tenant(facts)}
    rendered = _rendered(pack, "tenant", known)
    invariants.refuse_faults(rendered, tenant_rules.law(pack, facts))
    return rendered


def render_placement(pack: Pack, facts: PlacementFacts) -> tuple[Rendered, ...]:
    """Return the objects of one placement, in the order of their waves.

    Raises PlanRefused with every broken invariant in words.
    """
    known = _known(facts) | {
        "labels": labels.of_placement(facts),
        "delivered_labels": labels.of_delivered(facts),
    }
    rendered = _rendered(pack, "placement", known)
    invariants.refuse_faults(rendered, placement_rules.law(pack, facts))
    return rendered


def _known(facts: TenantFacts | PlacementFacts) -> dict[str, object]:
    return {each.name: getattr(facts, each.name) for each in fields(facts)}


def _rendered(pack: Pack, part: str, known: Mapping[str, object]) -> tuple[Rendered, ...]:
    return tuple(
        Rendered(template.wave, template.file, manifest)
        for template in packs.templates(pack, part)
        for manifest in documents.read(
            template.file, sandbox.render(template.file, template.source, known)
        )
    )
