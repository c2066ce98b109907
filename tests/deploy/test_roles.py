"""The portal's rights are few and named."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tenants.priming import layouts, packs, rights
from tests.deploy import shipped
from tests.tenants.priming import facts_made

ROLES = ("ClusterRole", "Role")
PRIMERS = {
    "control": "berth:control-primer",
    "workload": "berth:namespace-primer",
    "single": "berth:single-primer",
}


def rules() -> Iterator[Mapping[str, Any]]:
    for each in [*shipped.in_order(), *shipped.optional()]:
        if each["kind"] in ROLES:
            yield from each["rules"]


def test_no_rule_has_a_wildcard() -> None:
    for rule in rules():
        assert not {"*"} & {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}


@pytest.mark.parametrize("verb", ["escalate", "impersonate", "approve", "sign", "deletecollection"])
def test_no_rule_has_a_verb_that_becomes_somebody_else(verb: str) -> None:
    assert not any(verb in rule["verbs"] for rule in rules())


def test_only_the_roles_of_packs_may_be_bound() -> None:
    binding = [rule for rule in rules() if "bind" in rule["verbs"]]
    shipped_roles = set(shipped.of_kind("ClusterRole")) - {rights.PRIMER}
    assert [set(rule["resourceNames"]) for rule in binding] == [shipped_roles]
    assert [rule["resources"] for rule in binding] == [["clusterroles"]]


def test_nobody_may_write_status_or_reach_into_pods() -> None:
    reached = {resource for rule in rules() for resource in rule["resources"]}
    assert {each for each in reached if "/" in each} == {"serviceaccounts/token"}


def test_the_portal_mints_tokens_for_itself_alone() -> None:
    minting = [rule for rule in rules() if "serviceaccounts/token" in rule["resources"]]
    assert [(rule["resourceNames"], rule["verbs"]) for rule in minting] == [
        (["primer"], ["create"])
    ]
    (role,) = shipped.of_kind("Role").values()
    assert role["metadata"]["namespace"] == "berth"


def test_the_portal_holds_nothing_of_secrets_on_the_whole_cluster() -> None:
    assert shipped.verbs(rights.PRIMER, "", "secrets") == set()


def test_the_portal_neither_reads_secrets_nor_makes_flux_objects_beside_applications() -> None:
    role = PRIMERS["workload"]
    assert shipped.verbs(role, "", "secrets") == set()
    assert shipped.verbs(role, "kustomize.toolkit.fluxcd.io", "kustomizations") == set()


def test_beside_an_application_and_its_delivery_the_portal_holds_one_secret() -> None:
    role = PRIMERS["single"]
    assert shipped.verbs(role, "", "secrets", "database") == set()
    assert shipped.verbs(role, "", "secrets", layouts.SINGLE_CREDENTIAL) >= {"get", "create"}


def test_what_a_repository_may_is_the_same_everywhere_but_for_secrets() -> None:
    usual = shipped.of_kind("ClusterRole")["berth:workload-reconciler"]["rules"]
    single = shipped.of_kind("ClusterRole")["berth:single-reconciler"]["rules"]
    without = [{**rule, "resources": [*rule["resources"]]} for rule in usual]
    without[0]["resources"].remove("secrets")
    assert single == without


@pytest.mark.parametrize("role", ["berth:workload-reconciler", "berth:single-reconciler"])
@pytest.mark.parametrize(
    ("group", "resource"),
    [
        ("", "namespaces"),
        ("", "resourcequotas"),
        ("", "limitranges"),
        ("networking.k8s.io", "networkpolicies"),
        ("rbac.authorization.k8s.io", "roles"),
        ("rbac.authorization.k8s.io", "rolebindings"),
        ("kustomize.toolkit.fluxcd.io", "kustomizations"),
        ("source.toolkit.fluxcd.io", "gitrepositories"),
    ],
)
def test_a_repository_reaches_nothing_that_holds_it_in(
    role: str, group: str, resource: str
) -> None:
    assert shipped.verbs(role, group, resource) == set()


def test_one_binding_reaches_the_whole_cluster_and_is_for_the_portal() -> None:
    (binding,) = shipped.of_kind("ClusterRoleBinding").values()
    assert binding["roleRef"]["name"] == rights.PRIMER
    portal = {"kind": "ServiceAccount", "name": "primer", "namespace": "berth"}
    assert binding["subjects"] == [portal]


def test_rights_come_last_when_the_guards_stand() -> None:
    assert shipped.in_order()[-1]["kind"] == "ClusterRoleBinding"
    (listed,) = shipped.documents(shipped.FOLDER / "kustomization.yaml")
    assert listed["sortOptions"] == {"order": "fifo"}


def test_every_file_is_applied_or_optional() -> None:
    (listed,) = shipped.documents(shipped.FOLDER / "kustomization.yaml")
    found = {str(file.relative_to(shipped.FOLDER)) for file in shipped.FOLDER.rglob("*.yaml")}
    rest = found - set(listed["resources"])
    assert rest == {"kustomization.yaml", "optional/flux-reader.yaml"}


def test_guards_leave_the_portals_home_alone() -> None:
    labels = shipped.of_kind("Namespace")["berth"]["metadata"]["labels"]
    assert "app.kubernetes.io/managed-by" not in labels


@pytest.mark.parametrize("name", facts_made.NAMES)
def test_everything_a_pack_makes_may_be_made_and_undone_where_it_stands(name: str) -> None:
    beside = layouts.of(packs.load(facts_made.PACKS, name)).scope
    for each in facts_made.rendered(name):
        where = each.manifest["metadata"].get("namespace")
        scope = "control" if where == "payments-flux" else beside
        assert granted(each.manifest, scope) >= {"get", "create", "patch", "delete"}, each.file


def granted(manifest: Mapping[str, Any], scope: str) -> set[str]:
    """Return the portal's verbs on an object in a namespace of the scope."""
    group = manifest["apiVersion"].rpartition("/")[0]
    resource, name = plural(manifest["kind"]), manifest["metadata"]["name"]
    roles = (rights.PRIMER, PRIMERS[scope])
    return set().union(*(shipped.verbs(role, group, resource, name) for role in roles))


def plural(kind: str) -> str:
    lower = kind.lower()
    return f"{lower[:-1]}ies" if lower.endswith("y") else f"{lower}s"
