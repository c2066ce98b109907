"""What the API server is given, and how its answers are read."""

from pathlib import Path

from localcluster import commands, objects


def test_the_path_of_an_object_ends_in_its_name() -> None:
    for path, manifest in objects.flux_home().items():
        assert path.endswith(f"/{manifest['metadata']['name']}")


def test_every_controller_has_an_account_in_flux_system() -> None:
    home = objects.flux_home()
    for name in commands.FLUX:
        assert f"/api/v1/namespaces/flux-system/serviceaccounts/{name}" in home


def test_only_kustomize_may_do_anything() -> None:
    bindings = [one for one in objects.flux_home().values() if "roleRef" in one]
    admins = [one for one in bindings if one["roleRef"]["name"] == "cluster-admin"]
    subjects = [subject["name"] for one in admins for subject in one["subjects"]]
    assert subjects == ["kustomize-controller"]


def test_a_crd_is_named_after_its_file() -> None:
    file = Path("source.toolkit.fluxcd.io_gitrepositories.yaml")
    assert objects.crd_name(file) == "gitrepositories.source.toolkit.fluxcd.io"


def test_a_quota_without_one_of_its_counts_is_not_known_yet() -> None:
    quota = objects.probe_quota(["kustomizations.kustomize.toolkit.fluxcd.io"])
    assert not objects.counts_all(quota)
    quota["status"] = {"used": {"pods": "0", "requests.cpu": "0", "count/deployments.apps": "0"}}
    assert not objects.counts_all(quota)
    quota["status"]["used"]["count/kustomizations.kustomize.toolkit.fluxcd.io"] = "0"
    assert objects.counts_all(quota)


def test_a_node_with_a_taint_takes_no_pods() -> None:
    node = objects.node() | {"spec": {"taints": [{"key": "node.kubernetes.io/not-ready"}]}}
    node["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
    assert not objects.takes_pods(node)
    node["spec"] = {}
    assert objects.takes_pods(node)
