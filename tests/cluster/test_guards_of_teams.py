"""A real API server refuses what a team, and whoever has too many rights, must not do."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config

from fleet.ports import Administration, Manifest, Ref
from portal.errors import ClusterForbidden, ObjectRefused
from tests.cluster.control_plane import ControlPlane
from tests.cluster.guarded import EVE, PACKS, Berth, assert_refused, binding, primed, secret, space


@pytest.fixture(scope="module", params=PACKS)
def berth(admin: Administration, request: pytest.FixtureRequest) -> Iterator[Berth]:
    with primed(admin, request.param) as found:
        yield found


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


def test_nobody_makes_a_kustomization_where_no_pair_stands(berth: Berth) -> None:
    """A workload namespace has none, and a single one has no other than its own."""
    manifest = berth.one("Kustomization", targetNamespace=f"{berth.tenant}-other-prod")
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


def test_every_flux_object_fits_its_schema_field_by_field(
    berth: Berth, local_cluster: ControlPlane
) -> None:
    config.load_kube_config(str(local_cluster.kubeconfig))
    flux = [each.manifest for each in berth.made if "fluxcd.io" in each.manifest["apiVersion"]]
    assert [each["kind"] for each in flux] == ["GitRepository", "Kustomization"]
    for manifest, plural in zip(flux, ("gitrepositories", "kustomizations"), strict=True):
        answer = strict_dry_run(manifest, plural)
        assert answer["spec"].items() >= manifest["spec"].items()
    with pytest.raises(client.ApiException, match="unknown field"):
        strict_dry_run(berth.one("Kustomization", "checkout-prod", sped="x"), "kustomizations")


def strict_dry_run(manifest: Manifest, plural: str) -> Manifest:
    """Return what the server would make of the object; unknown fields are refused."""
    group, _, version = manifest["apiVersion"].partition("/")
    answer: Manifest = client.CustomObjectsApi().patch_namespaced_custom_object(
        group,
        version,
        manifest["metadata"]["namespace"],
        plural,
        manifest["metadata"]["name"],
        manifest,
        dry_run="All",
        field_validation="Strict",
    )
    return answer


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
    for namespace in {berth.control, "default", "berth"} - {berth.workload}:
        metadata = {"name": "evil", "namespace": namespace}
        assert_refused(berth.team, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    assert_refused(berth.team, space(f"{berth.tenant}-y", scope="workload"))
    assert_refused(berth.team, space(berth.workload, scope="workload"))


def test_a_team_sees_no_credential_of_its_delivery(berth: Berth) -> None:
    with pytest.raises(ClusterForbidden):
        berth.team.read(Ref("v1", "Secret", berth.control, berth.credential))
    assert_refused(berth.team, secret(berth.control, name=berth.credential))
    for namespace, account in ((berth.workload, "default"), (berth.control, "checkout-prod")):
        with pytest.raises(ClusterForbidden):
            berth.team.token(namespace, account, seconds=600)
