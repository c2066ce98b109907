"""The kinds we make or read, and their paths: no discovery, which costs time and rights."""

from typing import NamedTuple
from urllib.parse import quote

from fleet.ports import Ref
from portal.errors import ObjectRefused


class Kind(NamedTuple):
    """A resource of the API: its plural as in the path, and whether it lives in a namespace."""

    plural: str
    namespaced: bool = True


_RBAC = "rbac.authorization.k8s.io/v1"
_ADMISSION = "admissionregistration.k8s.io/v1"
_SOURCE = "source.toolkit.fluxcd.io/v1"
_NOTIFICATION = "notification.toolkit.fluxcd.io"

KINDS = {
    ("v1", "Namespace"): Kind("namespaces", namespaced=False),
    ("v1", "ServiceAccount"): Kind("serviceaccounts"),
    ("v1", "Secret"): Kind("secrets"),
    ("v1", "ConfigMap"): Kind("configmaps"),
    ("v1", "ResourceQuota"): Kind("resourcequotas"),
    ("v1", "LimitRange"): Kind("limitranges"),
    ("v1", "Pod"): Kind("pods"),
    ("apps/v1", "Deployment"): Kind("deployments"),
    ("networking.k8s.io/v1", "NetworkPolicy"): Kind("networkpolicies"),
    (_RBAC, "Role"): Kind("roles"),
    (_RBAC, "RoleBinding"): Kind("rolebindings"),
    (_RBAC, "ClusterRole"): Kind("clusterroles", namespaced=False),
    (_RBAC, "ClusterRoleBinding"): Kind("clusterrolebindings", namespaced=False),
    (_ADMISSION, "ValidatingAdmissionPolicy"): Kind(
        "validatingadmissionpolicies", namespaced=False
    ),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): Kind(
        "validatingadmissionpolicybindings", namespaced=False
    ),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): Kind(
        "customresourcedefinitions", namespaced=False
    ),
    (_SOURCE, "GitRepository"): Kind("gitrepositories"),
    (_SOURCE, "OCIRepository"): Kind("ocirepositories"),
    (_SOURCE, "Bucket"): Kind("buckets"),
    (_SOURCE, "HelmRepository"): Kind("helmrepositories"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"): Kind("kustomizations"),
    (f"{_NOTIFICATION}/v1beta3", "Alert"): Kind("alerts"),
    (f"{_NOTIFICATION}/v1beta3", "Provider"): Kind("providers"),
    (f"{_NOTIFICATION}/v1", "Receiver"): Kind("receivers"),
    ("fluxcd.controlplane.io/v1", "FluxInstance"): Kind("fluxinstances"),
}


def of(ref: Ref) -> Kind:
    """Return the kind of an object. Raises ObjectRefused for what cannot be the path of one."""
    kind = KINDS.get((ref.api_version, ref.kind))
    if kind is None:
        raise ObjectRefused(f"{ref}: the portal does not know {ref.kind} of {ref.api_version}.")
    if kind.namespaced != bool(ref.namespace):
        rule = "needs a namespace" if kind.namespaced else "stands outside namespaces"
        raise ObjectRefused(f"{ref}: a {ref.kind} {rule}.")
    for name in (ref.name, ref.namespace):
        if "/" in name or name.startswith(".") or (name == ref.name and not name):
            raise ObjectRefused(f"{ref} is no name for an object.")
    return kind


def path_to(ref: Ref) -> str:
    """Return the path of an object. Raises ObjectRefused for what cannot be one."""
    inside = f"/namespaces/{quote(ref.namespace)}" if ref.namespace else ""
    return f"{_root(ref.api_version)}{inside}/{of(ref).plural}/{quote(ref.name)}"


def path_to_all(api_version: str, kind: str) -> str:
    """Return the path of all objects of a kind, whatever their namespace."""
    return f"{_root(api_version)}/{KINDS[api_version, kind].plural}"


def _root(api_version: str) -> str:
    return f"/{'apis' if '/' in api_version else 'api'}/{api_version}"
