"""Drafting a plan once, and saying before the start whether it still holds."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from onboarding.engine.steps import Tools
from onboarding.form import answers
from onboarding.models import Order, Plan, Revision
from onboarding.plans import canonical, site
from onboarding.plans.choices import Choices, choose
from onboarding.plans.desired import state
from onboarding.plans.site import Site, Subject
from onboarding.ports import Commit, File
from tenants.priming import packs


def subject_of(order: Order, revision: Revision) -> Subject:
    """Return what the plan of this revision is about."""
    return Subject(
        order.uuid, answers.read(revision.answers), answers.read_allotted(revision.allotted)
    )


def draft(order: Order, revision: Revision, tools: Tools) -> Plan:
    """Render and store the plan of a revision, or return the one that is stored already."""
    kept = Plan.objects.filter(revision=revision).first()
    if kept is not None:
        return kept
    subject = subject_of(order, revision)
    found = site.read(subject)
    choices = choose(subject, found, tools.scaffolds)
    desired = canonical.text(state(subject, found, choices, tools.scaffolds, tools.githost))
    plan, _ = Plan.objects.get_or_create(
        revision=revision,
        defaults={
            "desired": desired,
            "digest": canonical.digest(desired),
            "choices": {**choices, "inputs": inputs_digest(subject, found)},
        },
    )
    return plan


def outdated(plan: Plan, order: Order, revision: Revision, tools: Tools) -> str:
    """Return why the plan no longer holds, or an empty text.

    It is rendered again with the stored choices. Where pack or scaffold have a newer version
    meanwhile, the stored plan stays as it is as long as what it was rendered from is the same.
    """
    subject = subject_of(order, revision)
    found = site.read(subject)
    if inputs_digest(subject, found) != plan.choices["inputs"]:
        return "The application, its owner, the environment, the size or a cluster has changed."
    if not _same_versions(plan.choices, tools):
        return ""
    again = canonical.text(state(subject, found, plan.choices, tools.scaffolds, tools.githost))
    if canonical.digest(again) != plan.digest:
        return "Rendering the plan again gave another result than the one that was approved."
    return ""


def _same_versions(choices: Choices, tools: Tools) -> bool:
    pack = packs.load(settings.BERTH_PACKS, choices["pack"])
    scaffold = tools.scaffolds.version(choices["scaffold"])
    return bool(pack.version == choices["pack_version"] and scaffold == choices["scaffold_version"])


def inputs_digest(subject: Subject, found: Site) -> str:
    """Return the SHA-256 of every row value that a plan is rendered from."""
    return canonical.digest(
        canonical.text(
            {
                "answers": subject.answers.as_json(),
                "allotted": subject.allotted.as_json(),
                "application": _columns(found.application, APPLICATION),
                "tenant": found.application.tenant.slug,
                "environment": _columns(found.environment, ENVIRONMENT),
                "size": _columns(found.size, SIZE),
                "owner": [found.owner.username, found.owner.get_full_name()],
                "destinations": [_columns(each, DESTINATION) for each in found.destinations],
                "clusters": {
                    str(key): [each.slug, each.region] for key, each in found.clusters.items()
                },
            }
        )
    )


APPLICATION = ("slug", "name", "cost_centre", "criticality", "classification")
ENVIRONMENT = ("slug", "follow", "reference", "reference_protected", "change_type", "production")
SIZE = (
    "cpu_requests",
    "memory_requests",
    "cpu_limits",
    "memory_limits",
    "storage",
    "pods",
)
DESTINATION = ("slug", "cidr", "namespace", "port", "protocol")


def _columns(row: object, fields: tuple[str, ...]) -> dict[str, str]:
    return {field: str(getattr(row, field)) for field in fields}


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
