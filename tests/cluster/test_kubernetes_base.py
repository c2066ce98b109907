"""A real API server takes deploy/kubernetes as it is, and docs/kubernetes.md's commands work."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import control_plane
from tests.cluster.control_plane import ControlPlane, eventually
from tests.deploy.portal_manifests import BASE, EXAMPLE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "kubernetes.md"
NAMESPACE = "berth-portal"
OURS = "app.kubernetes.io/part-of=berth"
READY_SECONDS = 120
ELSEWHERE = ("podman ", "exec ")  # what needs an engine, or a pod that really runs
Kubectl = Callable[..., "subprocess.CompletedProcess[str]"]
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def kubectl(local_cluster: ControlPlane) -> Kubectl:
    """Run kubectl as the administrator; `refused=True` where it has to fail."""
    program = control_plane.program("kubectl")
    environment = {"KUBECONFIG": str(local_cluster.kubeconfig), "PATH": os.defpath, "HOME": "/"}

    def run(*words: str, stdin: str = "", refused: bool = False) -> Any:
        done = subprocess.run(
            [program, *words],
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is refused, f"{words}\n{done.stdout}{done.stderr}"
        return done

    return run


@pytest.fixture
def home(kubectl: Kubectl) -> Iterator[None]:
    """The namespace, gone afterwards."""
    kubectl("apply", "-f", str(BASE / "namespace.yaml"))
    yield
    # claims are protected until a controller of volumes, which does not run here, lets them go
    unprotect = ("patch", "--type=merge", '--patch={"metadata":{"finalizers":null}}')
    for kind in ("persistentvolumeclaim", "persistentvolume"):
        found = ("--namespace", NAMESPACE, "get", kind, "--output=name", "--selector", OURS)
        for each in kubectl(*found).stdout.split():
            kubectl("--namespace", NAMESPACE, *unprotect, each)
    kubectl("delete", "namespace", NAMESPACE, "--wait=true", "--timeout=90s")
    kubectl("delete", "persistentvolume", "--selector", OURS)


def rendered(kubectl: Kubectl, folder: Path) -> list[Manifest]:
    return list(yaml.safe_load_all(kubectl("kustomize", str(folder)).stdout))


def applied(kubectl: Kubectl, objects: list[Manifest]) -> str:
    """Apply as a careful administrator: unknown fields and warnings are failures."""
    done = kubectl(
        *("apply", "--server-side", "--validate=strict", "--warnings-as-errors", "-f", "-"),
        stdin=yaml.safe_dump_all(objects),
    )
    return str(done.stdout)


def bound(objects: list[Manifest]) -> list[Manifest]:
    """Return the objects with volumes for the claims, as nothing here provides any."""
    claims = [each for each in objects if each["kind"] == "PersistentVolumeClaim"]
    volumes = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"berth-{name}", "labels": claim["metadata"]["labels"]},
            "spec": {
                "capacity": claim["spec"]["resources"]["requests"],
                "accessModes": claim["spec"]["accessModes"],
                "storageClassName": claim["spec"].get("storageClassName", ""),
                "hostPath": {"path": "/nowhere"},
                "claimRef": {"namespace": NAMESPACE, "name": name},
            },
        }
        for claim in claims
        for name in [claim["metadata"]["name"]]
    ]
    for claim in claims:
        claim["spec"]["volumeName"] = f"berth-{claim['metadata']['name']}"
        claim["metadata"]["annotations"] = {"pv.kubernetes.io/bind-completed": "yes"}
    return [*volumes, *objects]


def workload(kubectl: Kubectl, name: str) -> Manifest:
    found = kubectl("--namespace", NAMESPACE, "get", name, "--output=json").stdout
    return dict(json.loads(found))


def up(kubectl: Kubectl, replicas: dict[str, int]) -> bool:
    """Say whether every Deployment has all its pods, of the newest template alone."""
    for name, wanted in replicas.items():
        status = workload(kubectl, f"deployment/{name}")["status"]
        told = {status.get(key) for key in ("updatedReplicas", "readyReplicas", "replicas")}
        if told != {wanted}:
            return False
    return True


def test_every_container_that_is_rendered_is_held_in(kubectl: Kubectl) -> None:
    for each in rendered(kubectl, EXAMPLE):
        if each["kind"] not in {"Deployment", "Job"}:
            continue
        pod = each["spec"]["template"]["spec"]
        assert pod["serviceAccountName"] == "portal"
        assert pod["automountServiceAccountToken"] is False
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert {"requests", "limits"} <= set(container["resources"])
            assert "@sha256:" in container["image"]


@pytest.mark.parametrize("folder", [BASE, EXAMPLE], ids=["base", "example"])
def test_what_is_rendered_is_accepted_and_its_pods_come_up(
    kubectl: Kubectl, home: None, folder: Path
) -> None:
    objects = rendered(kubectl, folder)
    applied(kubectl, bound(objects))
    replicas = {
        each["metadata"]["name"]: each["spec"]["replicas"]
        for each in objects
        if each["kind"] == "Deployment"
    }
    assert set(replicas) == {"web", "worker", "sweeper"}
    eventually(lambda: up(kubectl, replicas), seconds=READY_SECONDS)
    job = "job/migrate"
    eventually(lambda: workload(kubectl, job)["status"].get("succeeded") == 1, seconds=60)


def test_a_site_is_made_and_moved_on_by_the_commands_of_its_page(
    kubectl: Kubectl, home: None, local_cluster: ControlPlane, tmp_path: Path
) -> None:
    kubectl("delete", "namespace", NAMESPACE)  # the page makes it
    site = _site(kubectl, tmp_path)
    _follow("What to bring first", tmp_path, local_cluster)
    _follow("Apply", tmp_path, local_cluster)
    _name_image(site, digest=f"sha256:{'1' * 64}")
    refused = kubectl("apply", "--server-side", "-k", str(site), refused=True)
    assert "immutable" in refused.stderr
    _follow("The next version", tmp_path, local_cluster)
    for name in ("web", "worker", "sweeper"):
        template = workload(kubectl, f"deployment/{name}")["spec"]["template"]["spec"]
        assert template["containers"][0]["image"].endswith("1" * 64)


def _site(kubectl: Kubectl, folder: Path) -> Path:
    """Lay an overlay of a site's own where the page says, and the files of its Secret."""
    shutil.copytree(BASE.parent, folder / "deploy" / "kubernetes")
    site = folder / "deploy" / "kubernetes" / "overlays" / "site"
    shutil.copytree(EXAMPLE, site)
    for name in ("BERTH_DATABASE_PASSWORD", "BERTH_QUEUE_URL"):
        (folder / name).write_text("x")
    objects = bound(rendered(kubectl, EXAMPLE))
    for kind, file in (("PersistentVolume", "volumes"), ("PersistentVolumeClaim", "storage")):
        those = [each for each in objects if each["kind"] == kind]
        (site / f"{file}.yaml").write_text(yaml.safe_dump_all(those))
    told = yaml.safe_load((site / "kustomization.yaml").read_text())
    told["resources"].append("volumes.yaml")
    (site / "kustomization.yaml").write_text(yaml.safe_dump(told))
    return site


def _name_image(site: Path, *, digest: str) -> None:
    told = yaml.safe_load((site / "kustomization.yaml").read_text())
    told["images"][0]["digest"] = digest
    (site / "kustomization.yaml").write_text(yaml.safe_dump(told))


def _follow(heading: str, folder: Path, cluster: ControlPlane) -> None:
    """Run the commands under a heading of docs/kubernetes.md in the folder, as a person would."""
    (section,) = re.findall(rf"(?ms)^## {heading}$(.*?)(?=^## |\Z)", PAGE.read_text())
    blocks = re.findall(r"(?ms)^```\n(.*?)^```$", section)
    here = [block for block in blocks if not any(word in block for word in ELSEWHERE)]
    assert here
    programs = control_plane.program("kubectl").parent
    environment = {"KUBECONFIG": str(cluster.kubeconfig), "PATH": f"{programs}:{os.defpath}"}
    for block in here:
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"readOnlyRootFilesystem": True}, "allowPrivilegeEscalation"),
        ({"allowPrivilegeEscalation": False, "runAsUser": 0}, "capabilities"),
    ],
)
def test_the_namespace_refuses_pods_that_ask_for_more(
    kubectl: Kubectl, home: None, asked: Manifest, said: str
) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "more", "namespace": NAMESPACE},
        "spec": {"containers": [{"name": "x", "image": "x", "securityContext": asked}]},
    }
    told = kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(pod), refused=True)
    assert "violates PodSecurity" in told.stderr
    assert said in told.stderr


def test_a_word_that_the_api_does_not_know_is_refused(kubectl: Kubectl, home: None) -> None:
    """Strict validation is what finds a mistyped field: without it this proof would be empty."""
    objects = bound(rendered(kubectl, BASE))
    text = yaml.safe_dump_all(objects).replace("terminationGracePeriodSeconds", "gracePeriod")
    told = kubectl(
        "apply", "--server-side", "--validate=strict", "-f", "-", stdin=text, refused=True
    )
    assert "field not declared in schema" in told.stderr or "unknown field" in told.stderr
