"""Drafting a plan once, and saying before the start whether it still holds."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from onboarding.engine.steps import Tools
from onboarding.models import Order, Plan, Revision
from onboarding.plans import canonical
from onboarding.plans.basis import Basis, Read
from onboarding.ports import Commit, File


def draft(order: Order, revision: Revision, tools: Tools, read: Read) -> Plan:
    """Render and store the plan of a revision, or return the one that is stored already.

    `read` is how the kind of order reads what its plan is rendered from.
    """
    kept = Plan.objects.filter(revision=revision).first()
    if kept is not None:
        return kept
    found = read(order, revision, tools)
    choices = found.choose()
    desired = canonical.text(found.state(choices))
    plan, _ = Plan.objects.get_or_create(
        revision=revision,
        defaults={
            "desired": desired,
            "digest": canonical.digest(desired),
            "choices": {**choices, "inputs": _inputs_digest(found)},
        },
    )
    return plan


def outdated(plan: Plan, order: Order, revision: Revision, tools: Tools, read: Read) -> str:
    """Return why the plan no longer holds, or an empty text.

    It is rendered again with the stored choices. Where pack or scaffold have a newer version
    meanwhile, the stored plan stays as it is as long as what it was rendered from is the same.
    """
    found = read(order, revision, tools)
    if _inputs_digest(found) != plan.choices["inputs"]:
        return found.changed
    if not found.is_current(plan.choices):
        return ""
    again = canonical.text(found.state(plan.choices))
    if canonical.digest(again) != plan.digest:
        return "Rendering the plan again gave another result than the one that was approved."
    return ""


def _inputs_digest(found: Basis) -> str:
    return canonical.digest(canonical.text(found.inputs))


def content(plan: Plan) -> Mapping[str, Any]:
    """Return the desired state of a stored plan."""
    read: Mapping[str, Any] = json.loads(plan.desired)
    return read


def commit_of(plan: Plan) -> tuple[str, Commit]:
    """Return the repository's name and the commit that the plan puts there."""
    stored = content(plan)["repository"]
    return stored["name"], Commit(
        key=stored["key"],
        files=[File(**file) for file in stored["files"]],
        message=stored["message"],
        author=stored["author"],
        email=stored["email"],
        at=datetime.fromisoformat(stored["at"]),
        branches=stored["branches"],
        tags=stored["tags"],
    )


def objects_of(plan: Plan, placement: UUID) -> Mapping[str, Any]:
    """Return the `tenant` and `placement` entries of a plan for one placement."""
    on_cluster: Mapping[str, Any] = content(plan)["clusters"][str(placement)]
    return on_cluster


def in_short(plan: Plan) -> str:
    """Return the plan's size in words."""
    desired = content(plan)
    objects = sum(len(c["tenant"]) + len(c["placement"]) for c in desired["clusters"].values())
    files = len(desired["repository"]["files"])
    return f"{objects} objects on {_count(len(desired['clusters']))}, {files} files"


def _count(clusters: int) -> str:
    return "1 cluster" if clusters == 1 else f"{clusters} clusters"
