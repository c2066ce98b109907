"""The objects of deploy/cluster, as an administrator applies them."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "cluster"

Manifest = dict[str, Any]


@cache
def in_order() -> tuple[Manifest, ...]:
    """Return every object in the order of kustomization.yaml."""
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))["resources"]
    return tuple(each for name in listed for each in documents(FOLDER / name))


def optional() -> list[Manifest]:
    return [each for file in sorted((FOLDER / "optional").iterdir()) for each in documents(file)]


def documents(file: Path) -> Iterator[Manifest]:
    yield from yaml.safe_load_all(file.read_text("utf-8"))


def of_kind(kind: str) -> dict[str, Manifest]:
    """Return the objects of a kind by name."""
    return {each["metadata"]["name"]: each for each in in_order() if each["kind"] == kind}


def verbs(role: str, group: str, resource: str, name: str = "") -> set[str]:
    """Return what a ClusterRole grants on a resource of this name, or whatever its name is."""
    return {
        verb
        for rule in of_kind("ClusterRole")[role]["rules"]
        if _is_about(rule, group, resource) and name in rule.get("resourceNames", [name])
        for verb in rule["verbs"]
    }


def _is_about(rule: Mapping[str, Any], group: str, resource: str) -> bool:
    return group in rule["apiGroups"] and resource in rule["resources"]
