"""What an administrator applies once on a cluster: the files of `deploy/cluster`, in order."""

from pathlib import Path

import yaml
from django.conf import settings

from fleet.ports import Manifest

FOLDER = settings.ROOT / "deploy" / "cluster"


def files() -> list[Path]:
    """Return the files in the order of the folder's kustomization.yaml; rights come last."""
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
    return [FOLDER / name for name in listed["resources"]]


def waves() -> list[list[Manifest]]:
    """Return the objects, each file a wave of its own."""
    return [list(yaml.safe_load_all(file.read_text(encoding="utf-8"))) for file in files()]


def text() -> str:
    """Return everything as one stream of YAML documents."""
    return "---\n".join(file.read_text(encoding="utf-8") for file in files())
