"""The portal's manifests say the same as its settings, its image and its documents."""

import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.urls import resolve

from tests.deploy import image, portal_manifests
from tests.deploy.portal_manifests import BASE, EXAMPLE, FOLDER, ROOT, mounts

(EVERY,) = (portal_manifests.pod(each) for each in portal_manifests.read("pods.yaml"))
(LASTING,) = (portal_manifests.pod(each) for each in portal_manifests.read("processes.yaml"))
(OURS,) = EVERY["containers"]
(WAITING,) = LASTING["initContainers"]
ENTRY = (image.CONTAINERFILE.parent / "berth").read_text()
SET_BY_IMAGE = {
    name: value
    for step in image.steps()
    if step.verb == "ENV"
    for name, value in step.pairs.items()
}


def entitlement_file() -> Path:
    return Path(portal_manifests.settings()["BERTH_ENTITLEMENT_FILE"])


def test_the_image_is_the_one_of_this_version() -> None:
    (named,) = portal_manifests.kustomization()["images"]
    assert named == {"name": OURS["image"], "newTag": settings.BERTH_VERSION}
    assert WAITING["image"] == OURS["image"]


def test_pods_run_as_the_user_of_the_image() -> None:
    (user,) = (step.text for step in image.steps() if step.verb == "USER")
    context = EVERY["securityContext"]
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == user
    assert context["fsGroup"] == context["runAsGroup"]


def test_no_pod_may_write_to_its_root_or_hold_a_token() -> None:
    # Pod Security `restricted` demands neither
    assert OURS["securityContext"]["readOnlyRootFilesystem"] is True
    assert EVERY["automountServiceAccountToken"] is False
    assert {each["metadata"]["name"] for each in portal_manifests.read("account.yaml")} == {
        EVERY["serviceAccountName"]
    }


def test_every_command_is_one_of_the_entry() -> None:
    known = set(re.findall(r"^  (\w+)\)", ENTRY, re.MULTILINE))
    started = [portal_manifests.pod(each) for each in portal_manifests.workloads().values()]
    named = {container["args"][0] for pod in started for container in pod["containers"]}
    assert named == {"web", "worker", "sweeper", "migrate"} == known
    assert WAITING["args"] == ["migrate", "--check"]


def test_what_holds_for_every_pod_meets_every_container() -> None:
    started = [portal_manifests.pod(each) for each in portal_manifests.workloads().values()]
    names = {container["name"] for pod in started for container in pod["containers"]}
    assert names == {OURS["name"]} == {each["name"] for each in LASTING["containers"]}
    kinds = {
        patch["path"]: patch["target"] for patch in portal_manifests.kustomization()["patches"]
    }
    assert kinds == {
        "pods.yaml": {"kind": "Deployment|Job"},
        "processes.yaml": {"kind": "Deployment"},
    }


def test_every_variable_is_one_that_the_portal_reads() -> None:
    described = (ROOT / "docs" / "configure.md").read_text()
    (merged,) = (re.findall(r"- (BERTH_\w+)=", (EXAMPLE / "kustomization.yaml").read_text()),)
    named = {name.removesuffix("_FILE") for name in portal_manifests.settings()} - {
        "BERTH_ENTITLEMENT"
    }
    assert [each for each in {*named, *merged} if f"| `{each}` |" not in described] == []


def test_every_secret_is_a_file_that_the_operator_is_told_to_make() -> None:
    folder = mounts(OURS)["secrets"]
    files = {
        name.removesuffix("_FILE"): value
        for name, value in portal_manifests.settings().items()
        if name.endswith("_FILE") and name != "BERTH_ENTITLEMENT_FILE"
    }
    assert {name: f"{folder}/{name}" for name in files} == files
    told = (ROOT / "docs" / "kubernetes.md").read_text()
    assert [name for name in files if f"--from-file={name}" not in told] == []


def test_what_is_written_goes_to_a_volume() -> None:
    (lasting,) = LASTING["containers"]
    assert mounts(lasting)["data"] == SET_BY_IMAGE["BERTH_DATA"]
    assert mounts(OURS)["tmp"] == mounts(WAITING)["tmp"] == SET_BY_IMAGE["HOME"]
    assert entitlement_file().parent == Path(mounts(OURS)["entitlements"])
    (sweeper,) = portal_manifests.pod(portal_manifests.workloads()["sweeper"])["containers"]
    anchors = portal_manifests.settings()["BERTH_AUDIT_ANCHORS"]
    assert Path(anchors).parent == Path(mounts(sweeper)["anchors"])


def test_those_who_wait_for_the_schema_see_what_their_settings_name() -> None:
    assert mounts(WAITING) == mounts(OURS)
    assert WAITING["envFrom"] == OURS["envFrom"]
    assert WAITING["securityContext"] == OURS["securityContext"]


def test_the_port_is_the_one_that_is_listened_on() -> None:
    (container,) = portal_manifests.pod(portal_manifests.workloads()["web"])["containers"]
    (port,) = container["ports"]
    (exposed,) = (step.text for step in image.steps() if step.verb == "EXPOSE")
    assert f"--bind 0.0.0.0:{port['containerPort']} " in ENTRY
    assert str(port["containerPort"]) == exposed


def test_probes_ask_what_the_portal_answers() -> None:
    (container,) = portal_manifests.pod(portal_manifests.workloads()["web"])["containers"]
    asked = {
        probe: container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert asked == {
        "startupProbe": "/livez",
        "livenessProbe": "/livez",
        "readinessProbe": "/readyz",
    }
    assert {resolve(path).url_name for path in asked.values()} == {"livez", "readyz"}


def test_every_pod_that_a_selector_means_carries_its_labels() -> None:
    added = portal_manifests.kustomization()["labels"][0]
    assert added["includeTemplates"]
    for name, each in portal_manifests.workloads().items():
        carried = {**each["spec"]["template"]["metadata"]["labels"], **added["pairs"]}
        assert each["spec"].get("selector", {}).get("matchLabels", {}).items() <= carried.items()
        assert carried["app.kubernetes.io/component"] == name


def test_no_secret_lies_in_the_folder() -> None:
    kinds = [line for file in FOLDER.rglob("*.yaml") for line in file.read_text().splitlines()]
    assert not {"kind: Secret", "secretGenerator:"} & set(kinds)


def test_every_file_of_the_base_is_used() -> None:
    told = portal_manifests.kustomization()
    generated = [
        name for each in told["configMapGenerator"] for name in each.get("envs", each.get("files"))
    ]
    patches = [each["path"] for each in told["patches"]]
    used = {"kustomization.yaml", *told["resources"], *patches, *generated}
    assert {file.name for file in BASE.iterdir()} == used


def test_its_settings_pass_the_checks_of_a_portal_that_others_rely_on(tmp_path: Path) -> None:
    told = {**SET_BY_IMAGE, **portal_manifests.settings()}
    for name in [each for each in told if each.endswith("_FILE")]:
        if name != "BERTH_ENTITLEMENT_FILE":
            told[name] = str(tmp_path / name)
            (tmp_path / name).write_text("k" * 64)
    (tmp_path / "BERTH_QUEUE_URL_FILE").write_text("rediss://:password@valkey.example.com:6379/0")
    told["BERTH_ENTITLEMENT_FILE"] = str(BASE / entitlement_file().name)
    # nobody answers there, and it is not this machine by any name that needs no TLS
    nobody = {"BERTH_DATABASE_HOST": "127.0.0.2", "BERTH_DATABASE_PORT": "1"}
    told |= {**nobody, "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    # outside of the image there are no static files, and here is no database
    found = set(re.findall(r"portal\.\w+", done.stderr)) - {"portal.W007"}  # where tests write
    assert found == {"portal.E010", "portal.W008"}
