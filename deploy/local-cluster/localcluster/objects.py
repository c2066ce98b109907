"""What a fresh API server gets so that Flux finds its home: pure values, one function an object."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localcluster.commands import FLUX

Manifest = dict[str, Any]

FLUX_NAMESPACE = "flux-system"
NODE = "local"
PROBE = "local-cluster"
YEAR_SECONDS = 365 * 24 * 3600

_RBAC = "rbac.authorization.k8s.io"
_ANY = ["*"]
_WRITES = ["get", "list", "watch", "create", "update", "patch", "delete"]


def flux_home() -> dict[str, Manifest]:
    """Return namespace, accounts and rights of the controllers, each by the path it lies at.

    They are those of a real installation: the kustomize-controller reconciles as it was told and
    so may do anything, the others may do what Flux's own ClusterRole says.
    """
    accounts = f"/api/v1/namespaces/{FLUX_NAMESPACE}/serviceaccounts"
    roles = f"/apis/{_RBAC}/v1/clusterroles"
    bindings = f"/apis/{_RBAC}/v1/clusterrolebindings"
    home = {f"/api/v1/namespaces/{FLUX_NAMESPACE}": _namespace()}
    for name in FLUX:
        home[f"{accounts}/{name}"] = _account(name)
    home[f"{roles}/crd-controller"] = _crd_controller()
    home[f"{bindings}/crd-controller"] = _binding("crd-controller", "crd-controller", FLUX)
    home[f"{bindings}/cluster-reconciler"] = _binding(
        "cluster-reconciler", "cluster-admin", ("kustomize-controller",)
    )
    return home


def _namespace() -> Manifest:
    labels = {
        "app.kubernetes.io/instance": FLUX_NAMESPACE,
        "app.kubernetes.io/part-of": "flux",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "latest",
    }
    metadata = {"name": FLUX_NAMESPACE, "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _account(name: str) -> Manifest:
    metadata = {"name": name, "namespace": FLUX_NAMESPACE}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def _crd_controller() -> Manifest:
    kinds = [f"{kind}.toolkit.fluxcd.io" for kind in ("source", "kustomize", "notification")]
    seen = ["namespaces", "secrets", "configmaps", "serviceaccounts"]
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "crd-controller"},
        "rules": [
            {"apiGroups": kinds, "resources": _ANY, "verbs": _ANY},
            {"apiGroups": [""], "resources": seen, "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": _WRITES},
            {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": _WRITES},
        ],
    }


def _binding(name: str, role: str, accounts: tuple[str, ...]) -> Manifest:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [
            {"kind": "ServiceAccount", "namespace": FLUX_NAMESPACE, "name": account}
            for account in accounts
        ],
    }


def token_request() -> Manifest:
    return {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": YEAR_SECONDS},
    }


def node() -> Manifest:
    """Return the one Node, labelled as a cloud's would be. kwok fills in its capacity."""
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": NODE,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "kwok",
        "topology.kubernetes.io/region": "local",
        "topology.kubernetes.io/zone": "local-a",
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": labels}}


def crd_name(file: Path) -> str:
    """Return `kustomizations.kustomize.toolkit.fluxcd.io` for the file Flux keeps that CRD in."""
    group, plural = file.stem.split("_")
    return f"{plural}.{group}"


def probe_namespace() -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PROBE}}


def probe_quota(crds: list[str]) -> Manifest:
    """Return a quota that counts every Flux kind, and a few of Kubernetes' own."""
    counted = [*(f"count/{crd}" for crd in crds), "count/deployments.apps", "pods", "requests.cpu"]
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": PROBE, "namespace": PROBE},
        "spec": {"hard": dict.fromkeys(counted, "10")},
    }


def counts_all(quota: Mapping[str, Any]) -> bool:
    """Tell whether the quota's status knows the use of everything that its spec limits."""
    used = quota.get("status", {}).get("used", {})
    return set(quota["spec"]["hard"]) <= set(used)


def takes_pods(found: Mapping[str, Any]) -> bool:
    """Tell whether the Node is Ready and free of the taint it was born with."""
    return condition(found, "Ready") and not found["spec"].get("taints")


def condition(found: Mapping[str, Any], kind: str) -> bool:
    """Tell whether the object's status has that condition, and it is True."""
    conditions = found.get("status", {}).get("conditions", [])
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)
