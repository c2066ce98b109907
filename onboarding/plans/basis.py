"""What a plan is rendered from: rows that are read once, and how they become a desired state.

Each kind of order reads its own; drafting only knows that there is one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from onboarding.engine.steps import Tools
from onboarding.form import answers
from onboarding.models import Order, Revision
from onboarding.plans import choices, desired, site
from onboarding.plans.choices import Choices
from onboarding.plans.site import Site, Subject
from tenants.priming import packs

CHANGED = "The application, its owner, the environment, the size or a cluster has changed."


@dataclass(frozen=True)
class Basis:
    """Rows read once. `inputs` has every value of them that the plan rests on.

    `choose` decides what is decided once, at drafting; `state` renders with what was chosen, and
    `is_current` says whether pack and scaffold still have the versions that were chosen. `changed`
    tells people that the rows are no longer as they were.
    """

    inputs: Mapping[str, Any]
    choose: Callable[[], Choices]
    state: Callable[[Choices], dict[str, Any]]
    is_current: Callable[[Choices], bool]
    changed: str = CHANGED


Read = Callable[[Order, Revision, Tools], Basis]


def subject_of(order: Order, revision: Revision) -> Subject:
    """Return what the plan of this revision is about."""
    return Subject(
        order.uuid, answers.read(revision.answers), answers.read_allotted(revision.allotted)
    )


def of_answers(order: Order, revision: Revision, tools: Tools) -> Basis:
    """Read what a new berth is rendered from. Raises PlanRefused when a row has gone meanwhile."""
    subject = subject_of(order, revision)
    found = site.read(subject)
    return Basis(
        inputs=inputs(subject, found),
        choose=lambda: choices.choose(subject, found, tools.scaffolds),
        state=lambda chosen: desired.state(subject, found, chosen, tools.scaffolds, tools.githost),
        is_current=lambda chosen: is_same_pack(chosen) and is_same_scaffold(chosen, tools),
    )


def is_same_pack(chosen: Choices) -> bool:
    """Say whether the chosen packs still have the versions that were chosen."""
    return all(
        packs.load(settings.BERTH_PACKS, name).version == version
        for name, version in choices.packs_of(chosen).items()
    )


def is_same_scaffold(chosen: Choices, tools: Tools) -> bool:
    """Say whether the chosen scaffold still has the version that was chosen."""
    return bool(tools.scaffolds.version(chosen["scaffold"]) == chosen["scaffold_version"])


def inputs(subject: Subject, found: Site) -> dict[str, Any]:
    """Return every row value that the objects, files and rows of a service are rendered from."""
    return {
        "answers": subject.answers.as_json(),
        "allotted": subject.allotted.as_json(),
        "application": _columns(found.application, APPLICATION),
        "tenant": found.application.tenant.slug,
        "environment": _columns(found.environment, ENVIRONMENT),
        "size": _columns(found.size, SIZE),
        "owner": [found.owner.username, found.owner.get_full_name()],
        "destinations": [_columns(each, DESTINATION) for each in found.destinations],
        "clusters": {str(key): [each.slug, each.region] for key, each in found.clusters.items()},
    }


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
