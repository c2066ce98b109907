"""Where a delivery stands beside its application, nothing borrows its account or credential."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config

from fleet.connections import kinds
from fleet.connections.kinds import Kind
from fleet.ports import Administration, Manifest, Ref
from portal.errors import ClusterForbidden, ObjectRefused
from tests.cluster.control_plane import ControlPlane
from tests.cluster.guarded import Berth, assert_refused, pod, primed, secret, template

GUARD = "berth-borrowed-delivery"
BORROWED = {"name": "berth-git"}
FROM_SECRET = {"name": "A", "valueFrom": {"secretKeyRef": {**BORROWED, "key": "password"}}}
FROM_ANOTHER = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}
ATTACKS: dict[str, dict[str, Any]] = {
    "account": {"serviceAccountName": "checkout-prod"},
    "volume": {"volumes": [{"name": "v", "secret": {"secretName": "berth-git"}}]},
    "projected": {"volumes": [{"name": "v", "projected": {"sources": [{"secret": BORROWED}]}}]},
    "csi": {"volumes": [{"name": "v", "csi": {"driver": "d", "nodePublishSecretRef": BORROWED}}]},
    "variable": {"container": {"env": [FROM_SECRET]}},
    "variables": {"container": {"envFrom": [{"secretRef": BORROWED}]}},
    "beginning": {
        "initContainers": template(container={"name": "b", "env": [FROM_SECRET]})["containers"]
    },
    "image": {"imagePullSecrets": [BORROWED]},
}


@pytest.fixture(scope="module")
def berth(admin: Administration) -> Iterator[Berth]:
    with pytest.MonkeyPatch.context() as patched, primed(admin, "classic") as found:
        patched.setitem(kinds.KINDS, ("batch/v1", "CronJob"), Kind("cronjobs"))
        yield found


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_pod_borrows_what_delivers_it(berth: Berth, attack: str) -> None:
    for access in (berth.team, berth.member):
        assert_refused(access, pod(berth.workload, **ATTACKS[attack]))
    assert GUARD in berth.admin.would_refuse(pod(berth.workload, **ATTACKS[attack]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_workload_is_taken_that_would_make_such_pods(berth: Berth, attack: str) -> None:
    """The team may make workloads, so it is told at once, not by pods that never come."""
    for manifest in workloads(berth.workload, ATTACKS[attack]):
        assert_refused(berth.team, manifest, GUARD)


def workloads(namespace: str, spec: dict[str, Any], name: str = "evil") -> list[Manifest]:
    """Return a Deployment and a CronJob whose pods have these fields."""
    whole = {"metadata": {"labels": {"a": "b"}}, "spec": template(**spec)}
    deployment = {"selector": {"matchLabels": {"a": "b"}}, "template": whole}
    never = {**whole, "spec": {**whole["spec"], "restartPolicy": "Never"}}
    cron = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": never}}}
    metadata = {"name": name, "namespace": namespace}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": deployment},
        {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": cron},
    ]


def test_workloads_that_borrow_nothing_are_made(berth: Berth) -> None:
    harmless = {
        "container": {"env": [FROM_ANOTHER]},
        "volumes": [{"name": "v", "secret": {"secretName": "database"}}],
    }
    for manifest in workloads(berth.workload, harmless, name="good"):
        assert berth.team.apply([[manifest]], manager="kustomize-controller").applied
    pods = [[pod(berth.workload, "good", **harmless)]]
    assert berth.admin.apply(pods, manager="somebody").applied


def test_a_running_pod_is_given_no_container_that_reads_the_credential(
    berth: Berth, local_cluster: ControlPlane
) -> None:
    """As `kubectl debug` adds one; an administrator stands for whoever may."""
    assert berth.admin.apply([[pod(berth.workload, "calm")]], manager="somebody").applied
    config.load_kube_config(str(local_cluster.kubeconfig))
    (container,) = template(container={"env": [FROM_SECRET], "name": "debug"})["containers"]
    patch = {"spec": {"ephemeralContainers": [container]}}
    with pytest.raises(client.ApiException, match=GUARD):
        client.CoreV1Api().patch_namespaced_pod_ephemeralcontainers("calm", berth.workload, patch)


def test_beside_an_application_a_source_uses_its_own_credential_only(berth: Berth) -> None:
    for access in (berth.portal, berth.member):
        for change in (
            {"secretRef": {"name": "database"}},
            {"proxySecretRef": {"name": "database"}},
            {"verify": {"mode": "HEAD", "secretRef": {"name": "database"}}},
        ):
            manifest = berth.one("GitRepository", **change)
            assert_refused(access, manifest, "may use no Secret but berth-git")


def test_beside_an_application_a_delivery_opens_nothing_sealed(berth: Berth) -> None:
    sealed = {"provider": "sops", "secretRef": {"name": "database"}}
    assert_refused(berth.portal, berth.one("Kustomization", decryption=sealed), "no key of its own")


def test_the_credential_stays_as_it_was_made(berth: Berth) -> None:
    mine = Ref("v1", "Secret", berth.workload, berth.credential)
    with pytest.raises(ObjectRefused, match="Berth made this object and keeps it"):
        berth.member.remove(mine, only_labelled={})
    assert_refused(berth.member, secret(berth.workload, name=berth.credential))


def test_a_repository_delivers_no_secret(berth: Berth) -> None:
    assert_refused(berth.team, secret(berth.workload, name="database"))
    with pytest.raises(ClusterForbidden):
        berth.team.read(Ref("v1", "Secret", berth.workload, "database"))


def test_the_portal_makes_one_secret_and_by_name_only(berth: Berth) -> None:
    """The role grants create by name, which no request without a name in its address fulfils."""
    assert_refused(berth.portal, secret(berth.workload, name="database"), "cannot patch")
    made = berth.portal.would_refuse(secret(berth.workload, name=berth.credential))
    assert 'cannot create resource "secrets"' in made
