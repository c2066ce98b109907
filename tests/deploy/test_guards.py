"""The admission guards let through what the pack makes, and refuse the attacks on it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from tests.deploy import shipped
from tests.deploy.guards import KUSTOMIZE, PORTAL, refusals
from tests.deploy.shipped import Manifest
from tests.tenants.priming import facts_made

STRANGER = "system:serviceaccount:payments-flux:checkout-prod"
GUARDS = {
    "Kustomization": "berth-kustomizations",
    "GitRepository": "berth-sources",
    "Namespace": "berth-portal-namespaces",
    "RoleBinding": "berth-portal-bindings",
    "Secret": "berth-portal-secrets",
}


def made(pack: str = "standard") -> list[Manifest]:
    return [deepcopy(each.manifest) for each in facts_made.rendered(pack)]


def space(name: str, pack: str = "standard") -> Manifest:
    """Return a namespace as all who apply to it leave it."""
    whole: Manifest = {"metadata": {"name": name, "labels": {}, "annotations": {}}}
    for each in made(pack):
        if each["kind"] == "Namespace" and each["metadata"]["name"] == name:
            for part in ("labels", "annotations"):
                whole["metadata"][part] |= each["metadata"].get(part, {})
    return whole


CONTROL, WORKLOAD = space("payments-flux"), space("payments-checkout-prod")
SINGLE = space("payments-checkout-prod", "classic")
SPACES = {
    "standard": {"payments-flux": CONTROL, "payments-checkout-prod": WORKLOAD},
    "classic": {"payments-checkout-prod": SINGLE},
}
ELSEWHERE: Manifest = {"metadata": {"labels": {"kubernetes.io/metadata.name": "kube-system"}}}


def one(kind: str, pack: str = "standard", **spec: Any) -> Manifest:
    """Return the pack's object of a kind with fields of its spec changed; None takes one away."""
    found = next(each for each in made(pack) if each["kind"] == kind)
    changed = found["spec"] | spec
    return found | {"spec": {key: value for key, value in changed.items() if value is not None}}


def test_every_guard_is_bound_and_denies() -> None:
    bindings = shipped.of_kind("ValidatingAdmissionPolicyBinding")
    assert bindings.keys() == shipped.of_kind("ValidatingAdmissionPolicy").keys()
    for name, binding in bindings.items():
        assert binding["spec"]["policyName"] == name
        assert "Deny" in binding["spec"]["validationActions"]


def test_guards_of_tenants_hold_in_every_kind_of_namespace() -> None:
    held = {"berth-borrowed-delivery": ["single"]}
    for name, binding in shipped.of_kind("ValidatingAdmissionPolicyBinding").items():
        chosen = binding["spec"].get("matchResources", {}).get("namespaceSelector")
        scopes = held.get(name, ["control", "workload", "single"])
        chooses = {"key": "berth.internal/scope", "operator": "In", "values": scopes}
        everywhere = name.startswith("berth-portal-")
        assert chosen == (None if everywhere else {"matchExpressions": [chooses]})


def test_guards_spell_out_what_the_server_would_add() -> None:
    """Else whoever applies them second, under another name, meets a conflict."""
    for guard in shipped.of_kind("ValidatingAdmissionPolicy").values():
        chosen = guard["spec"]["matchConstraints"]
        defaults = {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}}
        assert chosen.items() >= defaults.items()
        assert all(rule["scope"] == "*" for rule in chosen["resourceRules"])


def test_the_portal_can_see_every_guard() -> None:
    seen = shipped.of_kind("ClusterRole")["berth:primer"]["rules"][-1]
    assert set(seen["resourceNames"]) == set(shipped.of_kind("ValidatingAdmissionPolicy"))


@pytest.mark.parametrize(
    ("pack", "manifest"), [(pack, each) for pack in facts_made.NAMES for each in made(pack)]
)
def test_what_a_pack_makes_is_let_through(pack: str, manifest: Manifest) -> None:
    guard = GUARDS.get(manifest["kind"])
    where = manifest["metadata"].get("namespace")
    if where is None and "labels" not in manifest["metadata"]:
        # the placement's own line arrives as an update of the whole namespace
        assert refusals("berth-portal-namespaces", obj=CONTROL, old=CONTROL) == []
    elif guard is not None:
        assert refusals(guard, obj=manifest, namespace=SPACES[pack].get(where or "")) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"serviceAccountName": None}, "must be the account that belongs"),
        ({"serviceAccountName": "default"}, "must be the account that belongs"),
        ({"targetNamespace": None}, "must be a namespace that"),
        ({"targetNamespace": "kube-system"}, "must be a namespace that"),
        ({"kubeConfig": {"secretRef": {"name": "x"}}}, "another cluster"),
        ({"sourceRef": {"kind": "Bucket", "name": "x", "namespace": "y"}}, "sourceRef must stay"),
        ({"dependsOn": [{"name": "x", "namespace": "y"}]}, "dependsOn must stay"),
        ({"postBuild": {"substituteFrom": [{"kind": "Secret"}]}}, "ConfigMaps only"),
        ({"decryption": {"serviceAccountName": "x"}}, "belongs to the platform"),
        ({"force": True}, "spec.force would recreate"),
        ({"interval": "1m"}, "interval must be 5m"),
        ({"retryInterval": "1s"}, "retryInterval must be 1m"),
        ({"timeout": None}, "timeout must be set"),
        ({"timeout": "1h"}, "timeout must be set"),
    ],
)
def test_a_kustomization_that_reaches_further_is_refused(change: dict[str, Any], said: str) -> None:
    manifest = one("Kustomization", **change)
    told = refusals("berth-kustomizations", obj=manifest, namespace=CONTROL, user=STRANGER)
    assert any(said in each for each in told)


def test_no_kustomization_stands_beside_the_application() -> None:
    manifest = one("Kustomization")
    assert refusals("berth-kustomizations", obj=manifest, namespace=WORKLOAD) != []


def test_a_kustomization_with_an_old_spec_may_still_lose_its_finalizer() -> None:
    old = one("Kustomization", interval="1m")
    new = old | {"metadata": old["metadata"] | {"finalizers": []}}
    assert refusals("berth-kustomizations", obj=new, old=old, namespace=CONTROL) == []
    assert refusals("berth-kustomizations", obj=one("Kustomization", force=True), old=old) != []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "https://git.example.com/other/x.git"}, "under none of the prefixes"),
        ({"url": "https://git.example.com/payments"}, "under none of the prefixes"),
        ({"url": "http://git.example.com/payments/x.git"}, "under none of the prefixes"),
        ({"url": "https://git.example.com/payments/../other/x.git"}, "must not hold"),
        ({"url": "https://git.example.com/payments/%2e%2e/other/x.git"}, "must not hold"),
        ({"insecure": True}, "over plain HTTP"),
        ({"provider": "azure"}, "cloud providers need"),
        ({"interval": "5s"}, "interval must be 1m"),
    ],
)
def test_a_source_that_reaches_further_is_refused(change: dict[str, Any], said: str) -> None:
    manifest = one("GitRepository", **change)
    told = refusals("berth-sources", obj=manifest, namespace=CONTROL, user=STRANGER)
    assert any(said in each for each in told)


def test_a_source_is_allowed_nowhere_without_a_list() -> None:
    assert refusals("berth-sources", obj=one("GitRepository"), namespace=WORKLOAD) != []


def listing(prefix: str) -> Manifest:
    listed = deepcopy(CONTROL)
    listed["metadata"]["annotations"]["berth.internal/allowed-sources"] = prefix
    return listed


def test_plain_http_is_possible_where_a_prefix_says_so() -> None:
    manifest = one("GitRepository", url="http://127.0.0.1:8000/git/p/x.git")
    allowed = listing("http://127.0.0.1:8000/git/p/")
    assert refusals("berth-sources", obj=manifest, namespace=allowed) == []


def test_a_prefix_without_its_last_slash_admits_nothing() -> None:
    manifest = one("GitRepository", url="https://git.example.com/payments-evil/x.git")
    allowed = listing("https://git.example.com/payments")
    assert refusals("berth-sources", obj=manifest, namespace=allowed) != []


@pytest.mark.parametrize(
    ("user", "refused"),
    [
        ("system:serviceaccount:flux-system:source-controller", False),
        (STRANGER, True),
        (PORTAL, True),
        ("system:serviceaccount:flux-system-2:source-controller", True),
    ],
)
def test_only_flux_writes_status(user: str, *, refused: bool) -> None:
    old = one("GitRepository")
    new = old | {"status": {"artifact": {"url": "http://elsewhere"}}}
    assert bool(refusals("berth-flux-status", obj=new, old=old, user=user)) is refused


@pytest.mark.parametrize(
    ("user", "groups", "refused"),
    [
        (STRANGER, (), True),
        ("jane", ("system:authenticated",), True),
        (PORTAL, (), False),
        (KUSTOMIZE, (), False),
        ("system:kube-controller-manager", (), False),
        ("system:serviceaccount:kube-system:x", ("system:serviceaccounts:kube-system",), False),
        ("admin", ("system:masters",), False),
    ],
)
def test_what_was_primed_is_changed_by_the_platform_only(
    user: str, groups: tuple[str, ...], *, refused: bool
) -> None:
    quota = one("ResourceQuota")
    told = refusals("berth-primed-objects", obj=None, old=quota, user=user, groups=groups)
    assert bool(told) is refused


def test_what_a_team_made_itself_is_its_own() -> None:
    theirs: Manifest = {"kind": "ServiceAccount", "metadata": {"name": "checkout"}}
    assert refusals("berth-primed-objects", obj=None, old=theirs, user=STRANGER) == []


def labelled(before: Manifest, **labels: str | None) -> Manifest:
    """Return a namespace with labels changed, by the last word of their key."""
    found = deepcopy(before)
    for key in list(found["metadata"]["labels"]):
        value = labels.get(key.rpartition("/")[2].replace("-", "_"), "")
        if value is None:
            del found["metadata"]["labels"][key]
        elif value:
            found["metadata"]["labels"][key] = value
    return found


@pytest.mark.parametrize(
    ("obj", "old", "said"),
    [
        (ELSEWHERE, None, "labelled control, workload and single"),
        (labelled(WORKLOAD, managed_by=None), WORKLOAD, "labelled control, workload"),
        (labelled(WORKLOAD, scope=None), WORKLOAD, "scope of a namespace never changes"),
        (labelled(CONTROL, scope="workload"), CONTROL, "scope of a namespace never changes"),
        (labelled(WORKLOAD, enforce="baseline"), WORKLOAD, "restricted Pod Security"),
        (labelled(WORKLOAD, enforce_version="v1.20"), WORKLOAD, "restricted Pod Security"),
        (labelled(WORKLOAD, enforce=None), None, "restricted Pod Security"),
        (WORKLOAD, ELSEWHERE, "may not adopt"),
        (None, ELSEWHERE, "may not adopt or delete"),
    ],
)
def test_the_portal_is_held_to_its_own_namespaces(
    obj: Manifest | None, old: Manifest | None, said: str
) -> None:
    assert any(said in each for each in refusals("berth-portal-namespaces", obj=obj, old=old))


def test_the_portal_may_delete_what_it_made() -> None:
    assert refusals("berth-portal-namespaces", obj=None, old=WORKLOAD) == []


def binding(role: str, **subject: str) -> Manifest:
    metadata = {"name": "evil", "namespace": "payments-checkout-prod"}
    reference = {"name": role}
    return {
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": reference,
        "subjects": [subject],
    }


EVE = {"kind": "User", "name": "eve"}
PRIMER = {"kind": "ServiceAccount", "name": "primer", "namespace": "berth"}
ELSEWHERES = {"kind": "ServiceAccount", "name": "checkout-prod", "namespace": "payments-flux"}


@pytest.mark.parametrize(
    ("role", "subject", "namespace", "said"),
    [
        ("berth:namespace-primer", PRIMER, ELSEWHERE, "in tenant namespaces only"),
        ("berth:control-primer", PRIMER, WORKLOAD, "not for this kind of namespace"),
        ("berth:workload-reconciler", EVE, CONTROL, "not for this kind of namespace"),
        ("cluster-admin", PRIMER, WORKLOAD, "not for this kind of namespace"),
        ("berth:control-primer", EVE, CONTROL, "only the portal itself"),
        ("berth:namespace-primer", PRIMER | {"namespace": "x"}, WORKLOAD, "only the portal itself"),
        ("berth:workload-reconciler", EVE, WORKLOAD, "by service accounts only"),
        ("berth:workload-reconciler", PRIMER, WORKLOAD, "never by the portal's"),
        ("berth:workload-reconciler", PRIMER, SINGLE, "not for this kind of namespace"),
        ("berth:single-reconciler", PRIMER, SINGLE, "never by the portal's"),
        ("berth:single-reconciler", ELSEWHERES, SINGLE, "an account of that namespace"),
        ("berth:single-primer", EVE, SINGLE, "only the portal itself"),
        ("berth:single-primer", PRIMER, WORKLOAD, "not for this kind of namespace"),
        ("berth:flux-viewer", EVE, CONTROL, "only groups of tenants"),
        ("berth:flux-viewer", EVE | {"kind": "Group"}, CONTROL, "only groups of tenants"),
    ],
)
def test_the_portal_binds_few_roles_to_few_subjects(
    role: str, subject: Mapping[str, str], namespace: Manifest, said: str
) -> None:
    told = refusals("berth-portal-bindings", obj=binding(role, **subject), namespace=namespace)
    assert any(said in each for each in told)


def test_the_portal_takes_bindings_away_in_its_own_namespaces_only() -> None:
    old = binding("berth:workload-reconciler", **PRIMER)
    assert refusals("berth-portal-bindings", obj=None, old=old, namespace=WORKLOAD) == []
    assert refusals("berth-portal-bindings", obj=None, old=old, namespace=ELSEWHERE) != []


@pytest.mark.parametrize(
    ("secret", "namespace", "said"),
    [
        ({"type": "Opaque", "metadata": {"name": "database"}}, SINGLE, "beside Flux objects only"),
        ({"type": "Opaque"}, WORKLOAD, "beside Flux objects only"),
        ({"type": "Opaque"}, ELSEWHERE, "beside Flux objects only"),
        ({"type": "kubernetes.io/service-account-token"}, CONTROL, "of type Opaque only"),
    ],
)
def test_the_portal_writes_plain_credentials_beside_flux_only(
    secret: Manifest, namespace: Manifest, said: str
) -> None:
    told = refusals("berth-portal-secrets", obj=secret, namespace=namespace)
    assert any(said in each for each in told)


@pytest.mark.parametrize("guard", [each for each in GUARDS.values() if "portal" in each])
def test_guards_of_the_portal_leave_others_alone(guard: str) -> None:
    assert refusals(guard, obj={"metadata": {}}, namespace=ELSEWHERE, user="jane") == []
