"""Rights in plain English, told from the bindings of a plan and the roles that are shipped.

The roles are read from deploy/cluster, the same files that a cluster is joined with, so what people
read before they order is what will hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tenants.priming import shapes
from tenants.priming.shapes import Manifest, Rendered, at

ROLES = Path(__file__).resolve().parents[2] / "deploy" / "cluster" / "roles"
PRIMER = "berth:primer"  # bound to the portal on the whole cluster

Rules = Sequence[Manifest]

_DEEDS = (
    ("create", frozenset({"create"})),
    ("change", frozenset({"patch", "update"})),
    ("delete", frozenset({"delete", "deletecollection"})),
    ("read", frozenset({"get", "list", "watch"})),
)
_NAMES = {
    "configmaps": "ConfigMaps",
    "cronjobs": "CronJobs",
    "daemonsets": "DaemonSets",
    "deployments": "Deployments",
    "events": "Events",
    "gitrepositories": "GitRepositories",
    "horizontalpodautoscalers": "HorizontalPodAutoscalers",
    "httproutes": "HTTPRoutes",
    "ingresses": "Ingresses",
    "jobs": "Jobs",
    "kustomizations": "Kustomizations",
    "limitranges": "LimitRanges",
    "namespaces": "Namespaces",
    "networkpolicies": "NetworkPolicies",
    "persistentvolumeclaims": "PersistentVolumeClaims",
    "poddisruptionbudgets": "PodDisruptionBudgets",
    "pods": "Pods",
    "replicasets": "ReplicaSets",
    "resourcequotas": "ResourceQuotas",
    "rolebindings": "RoleBindings",
    "secrets": "Secrets",
    "serviceaccounts": "ServiceAccounts",
    "services": "Services",
    "statefulsets": "StatefulSets",
}
# What people ask about first; named as out of reach wherever a role does not grant it.
_ASKED_ABOUT = (
    "secrets",
    "pods",
    "deployments",
    "rolebindings",
    "resourcequotas",
    "networkpolicies",
    "kustomizations",
    "namespaces",
)


def in_words(rendered: Iterable[Rendered]) -> tuple[str, ...]:
    """Return one sentence pair a RoleBinding: what its subject may do, and what it may not."""
    return tuple(
        _sentence(each.manifest)
        for each in rendered
        if shapes.kind(each.manifest) == shapes.ROLE_BINDING
    )


@cache
def shipped(folder: Path = ROLES) -> Mapping[str, Rules]:
    """Return the rules of each ClusterRole in the folder by its name."""
    documents = (yaml.safe_load(file.read_text("utf-8")) for file in sorted(folder.glob("*.yaml")))
    return {role["metadata"]["name"]: role["rules"] for role in documents}


def _sentence(binding: Manifest) -> str:
    role, subjects = at(binding, "roleRef", "name"), at(binding, "subjects")
    who = ", ".join(map(_subject, subjects))
    where = at(binding, "metadata", "namespace")
    if role not in shipped():  # in a plan that is older than the roles
        return f"{who} has the role {role} in namespace {where}, which is no longer shipped."
    deeds, single = _deeds(_rules(role, subjects)), _single(role)
    may = "; ".join([_grants(deeds), *(f"{said} {what}" for what, said in single.values())])
    never = [
        f"{_NAMES[each]}{f' but {single[each][0]}' if each in single else ''}"
        for each in _ASKED_ABOUT
        if each not in deeds
    ]
    return f"{who} may, in namespace {where}: {may}. It may not touch {_list(never, 'or')} there."


def _rules(role: str, subjects: Sequence[Manifest]) -> list[Manifest]:
    """Return what the role grants here; the portal has its rights on the whole cluster besides."""
    everywhere = shipped()[PRIMER] if shapes.PORTAL in subjects else []
    return [rule for rule in [*shipped()[role], *everywhere] if "resourceNames" not in rule]


def _single(role: str) -> dict[str, tuple[str, str]]:
    """Return, for resources of which single objects are granted, these objects and the deeds."""
    return {
        resource: (_list(rule["resourceNames"], "and"), _said(set(rule["verbs"])))
        for rule in shipped()[role]
        if "resourceNames" in rule
        for resource in rule["resources"]
    }


def _subject(subject: Mapping[str, Any]) -> str:
    if subject == shapes.PORTAL:
        return "The portal itself"
    if subject["kind"] == "Group":
        return f"The group {subject['name']}"
    return f"The delivery account {subject['name']} (of {subject['namespace']}, used by Flux)"


def _deeds(rules: Rules) -> dict[str, set[str]]:
    """Return the verbs that are granted on each resource."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        for resource in rule["resources"]:
            found.setdefault(resource, set()).update(rule["verbs"])
    return found


def _grants(deeds: Mapping[str, set[str]]) -> str:
    """Return `create, change and delete A and B; read C`: resources with equal rights together."""
    together: dict[str, list[str]] = {}
    for resource, verbs in deeds.items():
        together.setdefault(_said(verbs), []).append(_NAMES.get(resource, resource))
    return "; ".join(f"{said} {_list(names, 'and')}" for said, names in together.items())


def _said(verbs: Iterable[str]) -> str:
    return _list([word for word, meant in _DEEDS if not meant.isdisjoint(verbs)], "and")


def _list(words: Sequence[str], last: str) -> str:
    return (
        f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
    )
