"""The law of a pack's `placement/` part: one service on one cluster."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from tenants.priming import labels, layouts, pace, shapes
from tenants.priming.facts import PlacementFacts
from tenants.priming.invariants import REFERENCE, Law
from tenants.priming.layouts import Layout
from tenants.priming.packs import Pack
from tenants.priming.shapes import Manifest, at

DNS = "kube-system"

_GIT_SPEC = frozenset({"url", "ref", "interval", "timeout", "secretRef", "ignore"})
_KUSTOMIZATION_SPEC = frozenset(
    {
        "serviceAccountName",
        "targetNamespace",
        "sourceRef",
        "path",
        "interval",
        "retryInterval",
        "timeout",
        "prune",
        "wait",
        "deletionPolicy",
        "commonMetadata",
    }
)
_PATH = re.compile(r"\./deploy(/[A-Za-z0-9._-]+)*")
_REFERENCE = re.compile(f"{REFERENCE}[a-z][a-z0-9-]*")


def law(pack: Pack, facts: PlacementFacts) -> Law:
    control, workload = facts.control_namespace, facts.namespace
    layout = layouts.of(pack)
    return Law(
        kinds=pack.kinds["placement"],
        rules={
            shapes.NAMESPACE: partial(_namespace, facts, layout),
            shapes.ROLE_BINDING: partial(_binding, facts, layout),
            shapes.QUOTA: partial(_quota, facts, layout),
            shapes.LIMITS: partial(_limits, facts),
            shapes.NETWORK_POLICY: partial(_network, facts),
            shapes.ACCOUNT: partial(_account, facts),
            shapes.SECRET: partial(_secret, facts, layout),
            shapes.GIT_REPOSITORY: partial(_source, facts),
            shapes.KUSTOMIZATION: partial(_kustomization, facts),
        },
        labels=labels.of_placement(facts),
        namespaces=frozenset({control, workload}),
        required=frozenset(
            {
                (shapes.NAMESPACE, ""),
                (shapes.ROLE_BINDING, workload),
                (shapes.QUOTA, workload),
                (shapes.NETWORK_POLICY, workload),
                (shapes.ACCOUNT, control),
                (shapes.GIT_REPOSITORY, control),
                (shapes.KUSTOMIZATION, control),
            }
        ),
        together=partial(_together, facts, layout),
        own_line=own_line(facts) if layout.shared else None,
    )


def own_line(facts: PlacementFacts) -> Manifest:
    """Return what a placement adds to the control namespace: one annotation, and nothing else.

    It is applied under the placement's own field manager. Anything beside the annotation would
    take fields from the tenant's part, so this is compared whole and exempt from every other rule.
    """
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": facts.control_namespace, "annotations": _line(facts)},
    }


def _line(facts: PlacementFacts) -> dict[str, str]:
    """Return the pair of namespace and account by which guard 1 knows the placement."""
    return {f"{labels.PLACEMENT_LINE}{facts.namespace}": facts.name}


def _namespace(facts: PlacementFacts, layout: Layout, manifest: Manifest) -> Iterator[str]:
    yield from shapes.namespace_faults(manifest, layout.scope)
    allowed = {labels.ALLOWED_SOURCES: ",".join(facts.allowed_sources)}
    annotations = None if layout.shared else _line(facts) | allowed
    expected = {"metadata.name": facts.namespace, "metadata.annotations": annotations}
    yield from shapes.differences(manifest, expected)


def _binding(facts: PlacementFacts, layout: Layout, manifest: Manifest) -> Iterator[str]:
    account = {
        "kind": "ServiceAccount",
        "name": facts.name,
        "namespace": facts.control_namespace,
    }
    roles = {
        layout.primer: (facts.namespace, shapes.PORTAL),
        layout.reconciler: (facts.namespace, account),
    }
    if not layout.shared:
        roles["berth:flux-viewer"] = (facts.namespace, shapes.viewers(facts.tenant))
    yield from shapes.binding_faults(manifest, roles)


def _quota(facts: PlacementFacts, layout: Layout, manifest: Manifest) -> Iterator[str]:
    yield from _in_workload(facts, manifest)
    yield from shapes.strangers(manifest, "spec", frozenset({"hard"}))
    size = facts.quota
    ordered = {
        "requests.cpu": size.cpu_requests,
        "requests.memory": size.memory_requests,
        "limits.cpu": size.cpu_limits,
        "limits.memory": size.memory_limits,
        "requests.storage": size.storage,
        "pods": size.pods,
    }
    for key, value in ordered.items():
        if at(manifest, "spec", "hard", key) != value:
            yield f"spec.hard must give {key} as it was ordered"
    if not layout.shared:
        yield from shapes.flux_count_faults(manifest)


def _limits(facts: PlacementFacts, manifest: Manifest) -> Iterator[str]:
    yield from _in_workload(facts, manifest)
    yield from shapes.strangers(manifest, "spec", frozenset({"limits"}))


def _network(facts: PlacementFacts, manifest: Manifest) -> Iterator[str]:
    yield from _in_workload(facts, manifest)
    ways = {
        "cidr": frozenset(way.cidr for way in facts.egress if way.cidr),
        "namespace": frozenset({DNS, *(way.namespace for way in facts.egress if way.namespace)}),
    }
    yield from shapes.peer_faults(manifest, ways)


def _account(facts: PlacementFacts, manifest: Manifest) -> Iterator[str]:
    yield from _named_in_control(facts, manifest)
    yield from shapes.differences(manifest, {"automountServiceAccountToken": False})
    if facts.name == "default":
        yield "the account `default` is the one of whoever names none"


def _secret(facts: PlacementFacts, layout: Layout, manifest: Manifest) -> Iterator[str]:
    expected = {"metadata.namespace": facts.control_namespace, "type": "Opaque"}
    yield from shapes.differences(manifest, expected)
    yield from _secret_name_faults(facts, layout, str(at(manifest, "metadata", "name")))
    held = at(manifest, "stringData")
    if not isinstance(held, dict):
        yield "stringData must be a mapping"
        return
    for key, value in held.items():
        if key == "username" and value == facts.source.username and REFERENCE not in value:
            continue
        if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
            yield f"stringData.{key} must be a reference such as {REFERENCE}git"


def _secret_name_faults(facts: PlacementFacts, layout: Layout, name: str) -> Iterator[str]:
    if layout.shared and not name.startswith(f"{facts.name}-"):
        yield f"the name must begin with {facts.name}-"
    if not layout.shared and name != layouts.SINGLE_CREDENTIAL:
        yield f"the name must be {layouts.SINGLE_CREDENTIAL}, the one that the portal's role names"


def _source(facts: PlacementFacts, manifest: Manifest) -> Iterator[str]:
    source = facts.source
    yield from _named_in_control(facts, manifest)
    yield from _shard(facts, manifest)
    yield from shapes.strangers(manifest, "spec", _GIT_SPEC)
    yield from shapes.differences(
        manifest, {"spec.url": source.url, "spec.ref": {source.follow: source.reference}}
    )
    yield from shapes.prefix_faults(facts.allowed_sources)
    yield from shapes.address_faults(at(manifest, "spec", "url"), facts.allowed_sources)
    if source.follow not in {"branch", "semver"} or not source.reference:
        yield "spec.ref must be a branch or a range of versions"
    yield from _between(manifest, "spec.interval", 60, 86_400)
    yield from _between(manifest, "spec.timeout", 10, 300)


def _kustomization(facts: PlacementFacts, manifest: Manifest) -> Iterator[str]:
    yield from _named_in_control(facts, manifest)
    yield from _shard(facts, manifest)
    yield from shapes.strangers(manifest, "spec", _KUSTOMIZATION_SPEC)
    expected = {
        "spec.serviceAccountName": facts.name,
        "spec.targetNamespace": facts.namespace,
        "spec.sourceRef": {"kind": "GitRepository", "name": facts.name},
        "spec.path": facts.source.path,
        "spec.prune": True,
        "spec.wait": True,
        "spec.deletionPolicy": "WaitForTermination",
        "spec.commonMetadata": {"labels": labels.of_delivered(facts)},
    }
    yield from shapes.differences(manifest, expected)
    if not _PATH.fullmatch(facts.source.path) or ".." in facts.source.path:
        yield "spec.path must be ./deploy or a folder below it"
    yield from _between(manifest, "spec.interval", 300, 86_400)
    yield from _between(manifest, "spec.timeout", 30, 300)
    yield from _between(manifest, "spec.retryInterval", _seconds(manifest, "spec.timeout"), 86_400)


def _in_workload(facts: PlacementFacts, manifest: Manifest) -> Iterator[str]:
    yield from shapes.differences(manifest, {"metadata.namespace": facts.namespace})


def _named_in_control(facts: PlacementFacts, manifest: Manifest) -> Iterator[str]:
    yield from shapes.differences(
        manifest, {"metadata.name": facts.name, "metadata.namespace": facts.control_namespace}
    )


def _shard(facts: PlacementFacts, manifest: Manifest) -> Iterator[str]:
    """Without the label of a shard that runs, no controller looks at the object at all."""
    found = at(manifest, "metadata", "labels", labels.SHARD)
    if found != (facts.shard or None):
        yield f"the label {labels.SHARD} must be {facts.shard or 'absent'}"


def _between(manifest: Manifest, path: str, least: float, most: float) -> Iterator[str]:
    found = _seconds(manifest, path)
    if not least <= found <= most:  # also when it is no duration: NaN is between nothing
        yield f"{path} must be from {least:g} to {most:g} seconds"


def _seconds(manifest: Manifest, path: str) -> float:
    return pace.seconds(str(at(manifest, *path.split("."))))


def _together(
    facts: PlacementFacts, layout: Layout, manifests: Sequence[Manifest]
) -> Iterator[str]:
    if not layouts.fits(layout, facts):
        number = "two namespaces" if layout.shared else "one namespace"
        yield f"this pack is for {number}, not {facts.control_namespace} and {facts.namespace}"
    if not any(map(shapes.closed_to_all, manifests)):
        yield f"no network policy closes {facts.namespace}"
    secrets = {
        at(each, "metadata", "name") for each in manifests if shapes.kind(each) == shapes.SECRET
    }
    for each in manifests:
        named = at(each, "spec", "secretRef", "name")
        if named is not None and named not in secrets:
            yield f"{shapes.title(each)} names the Secret {named}, which the pack does not make"
