"""Small questions about manifests that the rules of both parts ask."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenants.priming import labels

Manifest = Mapping[str, Any]
Rule = Callable[[Manifest], Iterator[str]]

RBAC = "rbac.authorization.k8s.io"
NAMESPACE = "v1/Namespace"
ROLE_BINDING = f"{RBAC}/v1/RoleBinding"
QUOTA = "v1/ResourceQuota"
LIMITS = "v1/LimitRange"
NETWORK_POLICY = "networking.k8s.io/v1/NetworkPolicy"
ACCOUNT = "v1/ServiceAccount"
SECRET = "v1/Secret"  # noqa: S105 - a kind, not a secret
GIT_REPOSITORY = "source.toolkit.fluxcd.io/v1/GitRepository"
KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/v1/Kustomization"

PORTAL = {"kind": "ServiceAccount", "name": "primer", "namespace": "berth"}
RESTRICTED = {
    f"pod-security.kubernetes.io/{mode}{suffix}": level
    for mode in ("enforce", "audit", "warn")
    for suffix, level in (("", "restricted"), ("-version", "latest"))
}

_PREFIX_SHAPE = re.compile(r"(https?://[^/\s,@]+|ssh://[^/\s,]+)(/[A-Za-z0-9._~-]+)*/")
_PATH_SHAPE = re.compile(r"[A-Za-z0-9._~/-]+")


@dataclass(frozen=True)
class Rendered:
    """One object: objects of a lower wave are applied before those of a higher one."""

    wave: int
    file: str  # the template it came from
    manifest: dict[str, Any]


def at(manifest: object, *path: str) -> Any:
    """Return what stands at the path, or None where there is nothing."""
    for key in path:
        if not isinstance(manifest, Mapping):
            return None
        manifest = manifest.get(key)
    return manifest


def kind(manifest: Manifest) -> str:
    """Return `apiVersion/Kind`."""
    return f"{at(manifest, 'apiVersion')}/{at(manifest, 'kind')}"


def title(manifest: Manifest) -> str:
    """Return `Kind namespace/name` for people."""
    where, name = at(manifest, "metadata", "namespace"), at(manifest, "metadata", "name")
    return f"{at(manifest, 'kind')} {f'{where}/' if where else ''}{name}"


def differences(manifest: Manifest, expected: Mapping[str, object]) -> Iterator[str]:
    """Yield a fault for every dotted path that does not hold exactly what is expected."""
    for path, value in expected.items():
        found = at(manifest, *path.split("."))
        if found != value or isinstance(found, bool) != isinstance(value, bool):
            yield f"{path} must be {_said(value)}, not {_said(found)}"


def strangers(manifest: Manifest, path: str, allowed: frozenset[str]) -> Iterator[str]:
    """Yield a fault for every key below the dotted path that is not allowed there."""
    found = at(manifest, *path.split("."))
    if not isinstance(found, Mapping):
        yield f"{path} must be a mapping"
    else:
        yield from (f"{path}.{key} is not allowed" for key in found if key not in allowed)


def namespace_faults(manifest: Manifest, scope: str) -> Iterator[str]:
    """Yield what is wrong with the labels by which guards and Pod Security know a namespace."""
    found = at(manifest, "metadata", "labels")
    for key, value in {labels.SCOPE: scope, **RESTRICTED}.items():
        if at(found, key) != value:
            yield f"the label {key} must be {value}"


def binding_faults(
    manifest: Manifest, roles: Mapping[str, tuple[str, Mapping[str, str]]]
) -> Iterator[str]:
    """Yield what is wrong with a RoleBinding; `roles` maps a role to its namespace and subject."""
    role = at(manifest, "roleRef", "name")
    if role not in roles:
        yield f"the role {role} may not be bound here"
        return
    namespace, subject = roles[role]
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    expected = {"roleRef": reference, "subjects": [subject], "metadata.namespace": namespace}
    yield from differences(manifest, expected)


def viewers(tenant: str) -> dict[str, str]:
    """Return the subject for a tenant's people, who may see how their deliveries stand."""
    return {"kind": "Group", "apiGroup": RBAC, "name": f"tenant:{tenant}:developers"}


def flux_count_faults(manifest: Manifest) -> Iterator[str]:
    """Yield a fault for every kind of Flux object that a quota leaves without a limit."""
    for counted in (
        "count/kustomizations.kustomize.toolkit.fluxcd.io",
        "count/gitrepositories.source.toolkit.fluxcd.io",
    ):
        if not re.fullmatch("[0-9]+", str(at(manifest, "spec", "hard", counted))):
            yield f"spec.hard must limit {counted}"


def closed_to_all(manifest: Manifest) -> bool:
    """Say whether a network policy is for every pod and both ways, and so denies by default."""
    spec = at(manifest, "spec")
    both = at(spec, "policyTypes") == ["Ingress", "Egress"]
    return kind(manifest) == NETWORK_POLICY and both and at(spec, "podSelector") == {}


def peer_faults(manifest: Manifest, ways: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield a fault for every network peer that is not closed.

    `ways` holds the address ranges (`cidr`) and the names of namespaces (`namespace`) that may be
    reached; peers by other labels are the pack's own text and stand as they are.
    """
    yield from strangers(
        manifest, "spec", frozenset({"podSelector", "policyTypes", "ingress", "egress"})
    )
    for side, peers in (("ingress", "from"), ("egress", "to")):
        for rule in _listed(at(manifest, "spec", side)):
            named = _listed(at(rule, peers))
            if not named:
                yield f"a rule of spec.{side} without `{peers}` opens everything"
            for peer in named:
                yield from _peer_faults(peer, ways)


def _peer_faults(peer: object, ways: Mapping[str, frozenset[str]]) -> Iterator[str]:
    block, selector = at(peer, "ipBlock"), at(peer, "namespaceSelector")
    if block is None and selector is None and at(peer, "podSelector") is None:
        yield "a network peer names nothing and so opens everything"
    if block is not None and at(block, "cidr") not in ways["cidr"]:
        yield f"the address range {at(block, 'cidr')} was not ordered"
    if selector is not None and not at(selector, "matchLabels"):
        yield "a namespaceSelector without matchLabels opens more than one can see"
    name = at(selector, "matchLabels", "kubernetes.io/metadata.name")
    if name is not None and name not in ways["namespace"]:
        yield f"the namespace {name} was not ordered as a destination"


def address_faults(address: object, allowed: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the address of a source."""
    prefix = next((each for each in allowed if str(address).startswith(each)), None)
    if prefix is None:
        yield f"the address {address} is under none of the tenant's allowed prefixes"
        return
    rest = str(address).removeprefix(prefix)
    if not _PATH_SHAPE.fullmatch(rest) or ".." in rest:
        yield f"the address {address} is no plain path below {prefix}"


def prefix_faults(allowed: Sequence[str]) -> Iterator[str]:
    """Yield a fault for every prefix that is not `scheme://host/` or a folder below it."""
    for each in allowed:
        if not _PREFIX_SHAPE.fullmatch(each) or ".." in each:
            yield f"{each!r} is no address prefix such as https://git.example.com/team/"


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _said(value: object) -> str:
    return "absent" if value is None else repr(value)
