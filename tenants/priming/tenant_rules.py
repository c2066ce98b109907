"""The law of a pack's `tenant/` part: the shared ground of a tenant on a cluster."""

from collections.abc import Iterator, Sequence
from functools import partial

from tenants.priming import labels, layouts, shapes
from tenants.priming.facts import TenantFacts
from tenants.priming.invariants import Law
from tenants.priming.packs import Pack
from tenants.priming.shapes import Manifest, at

# Placements that stand by themselves have no ground to share.
_NOTHING = Law(
    kinds=frozenset(),
    rules={},
    labels={},
    namespaces=frozenset(),
    required=frozenset(),
    together=lambda _: iter(()),
)
_NO_WAYS = {"cidr": frozenset[str](), "namespace": frozenset[str]()}


def law(pack: Pack, facts: TenantFacts) -> Law:
    if not layouts.of(pack).shared:
        return _NOTHING
    control = facts.control_namespace
    return Law(
        kinds=pack.kinds["tenant"],
        rules={
            shapes.NAMESPACE: partial(_namespace, facts),
            shapes.ROLE_BINDING: partial(_binding, facts),
            shapes.QUOTA: _quota,
            shapes.NETWORK_POLICY: partial(shapes.peer_faults, ways=_NO_WAYS),
        },
        labels=labels.of_tenant(facts),
        namespaces=frozenset({control}),
        required=frozenset(
            {
                (shapes.NAMESPACE, ""),
                (shapes.ROLE_BINDING, control),
                (shapes.QUOTA, control),
                (shapes.NETWORK_POLICY, control),
            }
        ),
        together=_together,
    )


def _namespace(facts: TenantFacts, manifest: Manifest) -> Iterator[str]:
    yield from shapes.namespace_faults(manifest, "control")
    yield from shapes.prefix_faults(facts.allowed_sources)
    allowed = {labels.ALLOWED_SOURCES: ",".join(facts.allowed_sources)}
    yield from shapes.differences(manifest, {"metadata.annotations": allowed})


def _binding(facts: TenantFacts, manifest: Manifest) -> Iterator[str]:
    viewers = shapes.viewers(facts.tenant)
    roles = {
        "berth:control-primer": (facts.control_namespace, shapes.PORTAL),
        "berth:flux-viewer": (facts.control_namespace, viewers),
    }
    yield from shapes.binding_faults(manifest, roles)


def _quota(manifest: Manifest) -> Iterator[str]:
    """No pods where credentials are, and a ceiling on the tenant's share of Flux."""
    yield from shapes.strangers(manifest, "spec", frozenset({"hard"}))
    hard = at(manifest, "spec", "hard")
    if str(at(hard, "pods")) != "0":
        yield "spec.hard.pods must be 0"
    yield from shapes.flux_count_faults(manifest)


def _together(manifests: Sequence[Manifest]) -> Iterator[str]:
    if not any(map(shapes.closed_to_all, manifests)):
        yield "no network policy closes the control namespace"
