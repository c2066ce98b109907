"""The objects of deploy/kubernetes as they lie in files, before anything is laid over them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
BASE = FOLDER / "base"
EXAMPLE = FOLDER / "overlays" / "example"

Manifest = dict[str, Any]


def read(name: str) -> list[Manifest]:
    """Return the documents of a file of the base."""
    return list(yaml.safe_load_all((BASE / name).read_text("utf-8")))


def kustomization() -> Manifest:
    return read("kustomization.yaml")[0]


def objects() -> Iterator[Manifest]:
    """Return what the base makes, without what is generated."""
    for name in kustomization()["resources"]:
        yield from read(name)


def workloads() -> dict[str, Manifest]:
    """Return Deployments and Jobs by name."""
    kinds = {"Deployment", "Job"}
    return {each["metadata"]["name"]: each for each in objects() if each["kind"] in kinds}


def pod(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]
    return found


def settings() -> dict[str, str]:
    """Return the variables of the base's settings."""
    lines = (BASE / "settings.env").read_text("utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def mounts(container: Manifest) -> dict[str, str]:
    """Return the folders of a container by the name of their volume."""
    return {each["name"]: each["mountPath"] for each in container.get("volumeMounts", ())}
