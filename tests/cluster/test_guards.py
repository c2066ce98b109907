"""A real API server refuses what the portal's account and a tenant's account must not do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import uuid4

import pytest
from kubernetes import client, config

from fleet.connections.api import ApiAccess
from fleet.ports import Administration, Manifest, Ref
from portal.errors import ClusterForbidden, ObjectRefused
from portal.outbound import WayOut
from tenants.priming import packs, render
from tenants.priming.shapes import Rendered
from tests.cluster.control_plane import ControlPlane
from tests.tenants.priming import facts_made

REFUSED = (ClusterForbidden, ObjectRefused)
GIT = "http://127.0.0.1:9/git"  # nobody listens there
PSA = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "latest",
}
EVE = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "eve"}
PRIMER = {"kind": "ServiceAccount", "name": "primer", "namespace": "berth"}


@dataclass(frozen=True)
class Berth:
    """A primed tenant, and the accounts that are let loose on it."""

    admin: Administration
    portal: ApiAccess
    team: ApiAccess  # as Flux impersonates it
    member: ApiAccess  # somebody was given more rights in both namespaces than they should have
    tenant: str
    made: tuple[Rendered, ...]

    @property
    def control(self) -> str:
        return f"{self.tenant}-flux"

    @property
    def workload(self) -> str:
        return f"{self.tenant}-checkout-prod"

    def one(self, kind: str, name: str = "evil", **spec: Any) -> Manifest:
        """Return a copy of an object that was made, with fields of its spec changed."""
        found = next(each.manifest for each in self.made if each.manifest["kind"] == kind)
        changed = {key: value for key, value in (found["spec"] | spec).items() if value is not None}
        return found | {"metadata": found["metadata"] | {"name": name}, "spec": changed}


@pytest.fixture(scope="module")
def berth(admin: Administration) -> Iterator[Berth]:
    tenant = f"guarded{uuid4().hex[:6]}"
    made = rendered(tenant)
    patient = acting(admin, "berth", "primer", patient=True)
    for part, manager in (("tenant/", "berth"), ("placement/", f"berth-{tenant}")):
        mine = [each for each in made if each.file.startswith(part)]
        assert not patient.apply(waves(mine), manager=manager).failed
    found = Berth(
        admin=admin,
        portal=acting(admin, "berth", "primer"),
        team=acting(admin, f"{tenant}-flux", "checkout-prod"),
        member=over_entitled(admin, tenant),
        tenant=tenant,
        made=made,
    )
    yield found
    for each in reversed(made):
        admin.remove(Ref.of(each.manifest), only_labelled={})
    careless = Ref("rbac.authorization.k8s.io/v1", "ClusterRole", "", f"careless-{tenant}")
    admin.remove(careless, only_labelled={})


def rendered(tenant: str) -> tuple[Rendered, ...]:
    pack = packs.load(facts_made.PACKS, "standard")
    sources = (f"{GIT}/{tenant}/",)
    control = f"{tenant}-flux"
    shared = facts_made.tenant_facts(
        tenant=tenant, control_namespace=control, allowed_sources=sources
    )
    usual = facts_made.placement_facts()
    own = replace(
        usual,
        tenant=tenant,
        control_namespace=control,
        namespace=f"{tenant}-checkout-prod",
        shard="",
        source=replace(usual.source, url=f"{sources[0]}checkout.git"),
        allowed_sources=sources,
    )
    return (*render.render_tenant(pack, shared), *render.render_placement(pack, own))


def waves(made: Sequence[Rendered]) -> list[list[Manifest]]:
    return [
        [each.manifest for each in wave] for _, wave in groupby(made, key=lambda each: each.wave)
    ]


def acting(
    admin: Administration, namespace: str, account: str, *, patient: bool = False
) -> ApiAccess:
    """Return the cluster as an account sees it; only a patient one waits for caches."""
    authorization = f"Bearer {admin.token(namespace, account, seconds=3600).text}"
    if patient:
        return ApiAccess("local", admin.endpoint, way=WayOut(), authorization=authorization)
    return ApiAccess(
        "local", admin.endpoint, way=WayOut(), authorization=authorization, sleep=lambda _: None
    )


def over_entitled(admin: Administration, tenant: str) -> ApiAccess:
    """Give the workload namespace's default account rights that only the guards hold back."""
    namespace, name = f"{tenant}-checkout-prod", f"careless-{tenant}"
    all_of = [
        {"apiGroups": [group], "resources": ["*"], "verbs": ["*"]}
        for group in ("", "networking.k8s.io", "rbac.authorization.k8s.io")
    ]
    flux = ["source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"]
    rules = [*all_of, {"apiGroups": flux, "resources": ["*"], "verbs": ["*"]}]
    role = rbac("ClusterRole", {"name": name}, rules=rules)
    account = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    for where in (namespace, f"{tenant}-flux"):
        given = binding(where, name, account, name="careless")
        assert not admin.apply([[role], [given]], manager="careless").failed
    return acting(admin, namespace, "default")


def rbac(kind: str, metadata: Manifest, **body: Any) -> Manifest:
    version = "rbac.authorization.k8s.io/v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def binding(namespace: str, role: str, subject: dict[str, str], *, name: str = "evil") -> Manifest:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    metadata = {"name": name, "namespace": namespace}
    return rbac("RoleBinding", metadata, roleRef=reference, subjects=[subject])


def space(name: str, **labels: str) -> Manifest:
    own = {f"berth.internal/{key}": value for key, value in labels.items()}
    mine = {"app.kubernetes.io/managed-by": "berth", **PSA, **own}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": mine}}


def secret(namespace: str, kind: str = "Opaque", **annotations: str) -> Manifest:
    told = {f"kubernetes.io/{key}": value for key, value in annotations.items()}
    metadata = {"name": "evil", "namespace": namespace, "annotations": told}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind}


def assert_refused(access: ApiAccess, manifest: Manifest, said: str = "") -> None:
    report = access.apply([[manifest]], manager="berth")
    assert not report.applied
    error = report.failed[0].error
    assert isinstance(error, REFUSED)
    assert said in error.detail


def test_every_flux_object_fits_its_schema_field_by_field(
    berth: Berth, local_cluster: ControlPlane
) -> None:
    config.load_kube_config(str(local_cluster.kubeconfig))
    flux = [each.manifest for each in berth.made if "fluxcd.io" in each.manifest["apiVersion"]]
    assert [each["kind"] for each in flux] == ["GitRepository", "Kustomization"]
    for manifest, plural in zip(flux, ("gitrepositories", "kustomizations"), strict=True):
        answer = strict_dry_run(berth.one(manifest["kind"], "other"), plural)
        assert answer["spec"].items() >= manifest["spec"].items()
    with pytest.raises(client.ApiException, match="unknown field"):
        strict_dry_run(berth.one("Kustomization", "other", sped="x"), "kustomizations")


def strict_dry_run(manifest: Manifest, plural: str) -> Manifest:
    """Return what the server would make of a new object; unknown fields are refused."""
    group, _, version = manifest["apiVersion"].partition("/")
    answer: Manifest = client.CustomObjectsApi().create_namespaced_custom_object(
        group,
        version,
        manifest["metadata"]["namespace"],
        plural,
        manifest,
        dry_run="All",
        field_validation="Strict",
    )
    return answer


@pytest.mark.parametrize("labels", [{}, {"scope": "system"}])
def test_the_portal_makes_labelled_namespaces_only(berth: Berth, labels: dict[str, str]) -> None:
    assert_refused(berth.portal, space(f"{berth.tenant}-x", **labels), "labelled control")


def test_the_portal_never_turns_a_control_namespace_into_another(berth: Berth) -> None:
    assert_refused(berth.portal, space(berth.control, scope="workload"), "scope")


def test_a_placements_line_makes_no_namespace(berth: Berth) -> None:
    line = next(each.manifest for each in berth.made if each.file == "placement/10-control.yaml.j2")
    elsewhere = line | {"metadata": line["metadata"] | {"name": f"{berth.tenant}-gone"}}
    assert_refused(berth.portal, elsewhere, "labelled control")


@pytest.mark.parametrize("role", ["cluster-admin", "edit", "berth:primer"])
def test_the_portal_binds_no_role_but_its_own(berth: Berth, role: str) -> None:
    assert_refused(berth.portal, binding(berth.workload, role, PRIMER))


@pytest.mark.parametrize(
    ("where", "role", "subject"),
    [
        ("kube-system", "berth:namespace-primer", PRIMER),
        ("{workload}", "berth:control-primer", PRIMER),
        ("{control}", "berth:control-primer", EVE),
        ("{control}", "berth:workload-reconciler", PRIMER),
        ("{workload}", "berth:workload-reconciler", EVE),
        ("{control}", "berth:flux-viewer", EVE),
    ],
)
def test_the_portal_binds_nothing_elsewhere_or_to_others(
    berth: Berth, where: str, role: str, subject: dict[str, str]
) -> None:
    namespace = where.format(control=berth.control, workload=berth.workload)
    assert_refused(berth.portal, binding(namespace, role, subject))


def test_the_portal_grants_itself_nothing(berth: Berth) -> None:
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    own = rbac("ClusterRole", {"name": "berth:primer"}, rules=everything)
    role = rbac("Role", {"name": "evil", "namespace": berth.control}, rules=everything)
    assert_refused(berth.portal, own)
    assert_refused(berth.portal, role)


def test_the_portal_switches_no_guard_off(berth: Berth) -> None:
    guard = {"name": "berth-sources"}
    version = "admissionregistration.k8s.io/v1"
    off = {"policyName": "berth-sources", "validationActions": ["Audit"]}
    weak = {"kind": "ValidatingAdmissionPolicyBinding", "metadata": guard, "spec": off}
    assert_refused(berth.portal, {"apiVersion": version, **weak})


def test_the_portal_writes_no_secret_beside_applications(berth: Berth) -> None:
    assert_refused(berth.portal, secret(berth.workload))
    assert_refused(berth.portal, secret("berth"))


def test_the_portal_gets_no_token_of_another_account(berth: Berth) -> None:
    minted = secret(
        berth.control,
        "kubernetes.io/service-account-token",
        **{"service-account.name": "checkout-prod"},
    )
    assert_refused(berth.portal, minted, "of type Opaque only")
    for namespace, account in ((berth.control, "checkout-prod"), ("berth", "default")):
        with pytest.raises(ClusterForbidden):
            berth.portal.token(namespace, account, seconds=600)


@pytest.mark.parametrize(
    "change",
    [
        {"serviceAccountName": None},
        {"serviceAccountName": "default"},
        {"targetNamespace": "kube-system"},
        {"kubeConfig": {"secretRef": {"name": "x"}}},
        {"sourceRef": {"kind": "GitRepository", "name": "x", "namespace": "flux-system"}},
        {"dependsOn": [{"name": "x", "namespace": "flux-system"}]},
        {"postBuild": {"substituteFrom": [{"kind": "Secret", "name": "checkout-prod-git"}]}},
        {"decryption": {"provider": "sops", "serviceAccountName": "x"}},
        {"force": True},
        {"interval": "30s"},
        {"timeout": "1h"},
        {"timeout": None},
    ],
)
def test_nobody_makes_a_kustomization_that_reaches_further(
    berth: Berth, change: dict[str, Any]
) -> None:
    manifest = berth.one("Kustomization", **change)
    for access in (berth.portal, berth.member):
        assert_refused(access, manifest, "berth-kustomizations")


def test_nobody_makes_a_kustomization_beside_an_application(berth: Berth) -> None:
    manifest = berth.one("Kustomization")
    manifest["metadata"]["namespace"] = berth.workload
    assert_refused(berth.member, manifest, "berth-kustomizations")
    assert_refused(berth.portal, manifest)


@pytest.mark.parametrize(
    "path", ["/git/other/x.git", "/git/{tenant}/../other/x.git", "/git/{tenant}/%2e%2e/x.git"]
)
def test_nobody_fetches_from_beyond_the_list(berth: Berth, path: str) -> None:
    url = f"http://127.0.0.1:9{path.format(tenant=berth.tenant)}"
    for access in (berth.portal, berth.member):
        assert_refused(access, berth.one("GitRepository", url=url), "berth-sources")


@pytest.mark.parametrize("kind", ["NetworkPolicy", "ResourceQuota", "LimitRange", "RoleBinding"])
def test_too_many_rights_do_not_reach_what_was_primed(berth: Berth, kind: str) -> None:
    ref = next(
        Ref.of(each.manifest)
        for each in berth.made
        if each.manifest["kind"] == kind
        and each.manifest["metadata"].get("namespace") == berth.workload
    )
    with pytest.raises(ObjectRefused, match="Berth made this object and keeps it"):
        berth.member.remove(ref, only_labelled={})
    assert berth.admin.read(ref) is not None


def test_only_flux_writes_the_status_of_flux_objects(
    berth: Berth, local_cluster: ControlPlane
) -> None:
    """An administrator stands for everybody here: this guard has no exceptions."""
    config.load_kube_config(str(local_cluster.kubeconfig))
    forged = {"status": {"observedGeneration": 99}}
    with pytest.raises(client.ApiException, match="only the Flux controllers write the status"):
        client.CustomObjectsApi().patch_namespaced_custom_object_status(
            "source.toolkit.fluxcd.io",
            "v1",
            berth.control,
            "gitrepositories",
            "checkout-prod",
            forged,
        )


def test_a_team_delivers_into_its_namespace(berth: Berth) -> None:
    metadata = {"name": "settings", "namespace": berth.workload}
    harmless = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    assert berth.team.apply([[harmless]], manager="kustomize-controller").applied


@pytest.mark.parametrize("kind", ["Kustomization", "GitRepository"])
def test_a_team_makes_no_flux_objects(berth: Berth, kind: str) -> None:
    assert_refused(berth.team, berth.one(kind))


def test_a_team_loosens_nothing_around_it(berth: Berth) -> None:
    assert_refused(berth.team, berth.one("NetworkPolicy", egress=[{}]))
    assert_refused(berth.team, berth.one("ResourceQuota", hard={"pods": "1000"}))
    assert_refused(berth.team, binding(berth.workload, "berth:workload-reconciler", EVE))
    assert_refused(berth.team, binding(berth.workload, "cluster-admin", EVE))


def test_a_team_reaches_no_other_namespace(berth: Berth) -> None:
    for namespace in (berth.control, "default", "berth"):
        metadata = {"name": "evil", "namespace": namespace}
        assert_refused(berth.team, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    assert_refused(berth.team, space(f"{berth.tenant}-y", scope="workload"))
    assert_refused(berth.team, space(berth.workload, scope="workload"))


def test_a_team_sees_no_credential_of_its_delivery(berth: Berth) -> None:
    with pytest.raises(ClusterForbidden):
        berth.team.read(Ref("v1", "Secret", berth.control, "checkout-prod-git"))
    for namespace, account in ((berth.workload, "default"), (berth.control, "checkout-prod")):
        with pytest.raises(ClusterForbidden):
            berth.team.token(namespace, account, seconds=600)
