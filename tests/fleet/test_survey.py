"""What joining says of a cluster: each finding follows from what was seen, and names its cure."""

from dataclasses import replace
from typing import Any

import pytest

from fleet.ports import Manifest
from fleet.survey import NEEDED, Seen, findings, flux_version

PRIVILEGED = 'pods "berth-check" is forbidden: violates PodSecurity "restricted:latest"'
LOCKED = ["--no-cross-namespace-refs=true", "--no-remote-bases", "--default-service-account=nobody"]


def crd(name: str, *versions: str) -> Manifest:
    served = [{"name": version, "served": True} for version in versions]
    return {"metadata": {"name": name}, "spec": {"versions": served}}


def controller(name: str, *arguments: str, replicas: int = 1, version: str = "") -> Manifest:
    labels = {"app.kubernetes.io/version": version} if version else {}
    container = {"name": "manager", "args": list(arguments)}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"template": {"spec": {"containers": [container]}}},
        "status": {"availableReplicas": replicas},
    }


def role(name: str, verbs: list[str], group: str = "kustomize.toolkit.fluxcd.io") -> Manifest:
    rule = {"apiGroups": [group], "resources": ["*"], "verbs": verbs}
    return {"metadata": {"name": name}, "rules": [rule]}


SOUND = Seen(
    version="v1.36.3",
    crds=[crd(name, version) for name, version in NEEDED.items()],
    controllers=[controller("kustomize-controller", *LOCKED)],
    instances=None,
    aggregated=[],
    policies=[],
    intruder_refused=PRIVILEGED,
)


def levels(seen: Seen) -> set[str]:
    return {finding["level"] for finding in findings(seen)}


def texts(seen: Seen, level: str) -> str:
    return " ".join(each["text"] for each in findings(seen) if each["level"] == level)


def test_nothing_is_held_against_a_sound_cluster() -> None:
    assert levels(SOUND) == {"ok"}


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({"version": "v1.29.4"}, "error", "older than 1.30"),
        ({"policies": None}, "error", "guards cannot stand"),
        ({"intruder_refused": ""}, "error", "privileged pod would be let"),
        ({"intruder_refused": "pods is forbidden: quota"}, "error", "privileged pod would be let"),
        ({"crds": []}, "error", "does not know gitrepositories"),
        (
            {"crds": [crd(name, "v1beta2") for name in NEEDED]},
            "error",
            "not served in version v1",
        ),
        ({"controllers": []}, "unknown", "not visible from here"),
        (
            {"controllers": [controller("kustomize-controller", *LOCKED, replicas=0)]},
            "error",
            "does not run",
        ),
        (
            {"controllers": [controller("kustomize-controller", *LOCKED[:2])]},
            "error",
            "without --default-service-account",
        ),
        (
            {"controllers": [controller("notification-controller")]},
            "error",
            "without --no-cross-namespace-refs",
        ),
        (
            {"controllers": [controller("helm-controller", "--no-cross-namespace-refs=false")]},
            "error",
            "without --no-cross-namespace-refs",
        ),
        (
            {"instances": [{"metadata": {"name": "flux"}, "spec": {"cluster": {}}}]},
            "warning",
            "not set to multitenant",
        ),
        ({"aggregated": [role("flux-edit", ["get", "create"])]}, "warning", "flux-edit"),
    ],
)
def test_each_weakness_is_told(change: dict[str, Any], level: str, words: str) -> None:
    seen = replace(SOUND, **change)
    assert words in texts(seen, level)
    assert all(each["fix"] for each in findings(seen) if each["level"] != "ok")


def test_reading_flux_and_writing_other_things_is_no_weakness() -> None:
    roles = [role("flux-view", ["get", "list", "watch"]), role("apps-edit", ["create"], "apps")]
    assert levels(replace(SOUND, aggregated=roles)) == {"ok"}


def test_the_worst_is_told_first() -> None:
    seen = replace(SOUND, policies=None, aggregated=[role("flux-edit", ["create"])])
    assert [each["level"] for each in findings(seen)][:3] == ["error", "warning", "ok"]


def test_the_version_of_flux_is_what_its_objects_say() -> None:
    labelled = controller("source-controller", version="v2.9.4")
    assert flux_version(replace(SOUND, controllers=[labelled])) == "v2.9.4"
    assert flux_version(SOUND) == ""
