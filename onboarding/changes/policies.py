"""Who decides on what: the policies of change control over plain facts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from onboarding.assessment.risk import Condition, Facts
from onboarding.changes.lifecycle import Model

ENVIRONMENT = "environment"  # stands for the group that the environment names


class OnExpiry(StrEnum):
    """What happens when nobody has decided in time. Nothing is ever approved by waiting."""

    CANCEL = "cancel"
    ESCALATE = "escalate"


@dataclass(frozen=True)
class Stage:
    """One stage of approval: how many members of which groups, and by when.

    Without groups anybody with the role approver decides. `within` is the time from the opening of
    the stage; None means as long as the change may wait. One that escalates asks the groups in
    `escalate_to` as well, for as long again.
    """

    name: str
    groups: tuple[str, ...] = ()
    needed: int = 1
    within: timedelta | None = None
    on_expiry: OnExpiry = OnExpiry.CANCEL
    escalate_to: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Say who decides here."""
        if not self.groups:
            return "an approver" if self.needed == 1 else f"{self.needed} approvers"
        who = " or ".join(self.groups)
        return f"a member of {who}" if self.needed == 1 else f"{self.needed} members of {who}"


def in_words(stages: Sequence[Stage]) -> str:
    """Say in a sentence who decides."""
    if not stages:
        return "Approved by policy at once: a standard change."
    said = ", then ".join(each.words for each in stages)
    verb = "approves" if stages[-1].needed == 1 else "approve"
    return f"{said[0].upper()}{said[1:]} {verb}, never the person who asks."


@dataclass(frozen=True)
class Policy:
    """When it holds, which model changes follow then, and the stages in their order."""

    name: str
    conditions: tuple[Condition, ...]
    model: str
    stages: tuple[Stage, ...]
    why: str = ""

    def holds(self, facts: Facts) -> bool:
        return all(each.holds(facts) for each in self.conditions)


@dataclass(frozen=True)
class Ruling:
    """What control says of an order: the policy by name, the model, the stages, and why."""

    policy: str
    model: str
    stages: tuple[Stage, ...]
    why: str = ""
    revision: str = ""  # SHA-256 of the file

    @property
    def words(self) -> str:
        """Say in a sentence who decides."""
        return in_words(self.stages)


@dataclass(frozen=True)
class Emergency:
    """Who may let an order pass the calendar for an incident, for how long, and who reviews it."""

    groups: tuple[str, ...]
    reviewers: tuple[str, ...]
    within: timedelta
    review_within: timedelta


@dataclass(frozen=True)
class Control:
    """Models and policies of one file, known by the SHA-256 of its bytes."""

    models: Mapping[str, Model]
    policies: Sequence[Policy] = field(default_factory=tuple)
    revision: str = ""
    emergency: Emergency | None = None

    def ruling(self, facts: Facts, group: str) -> Ruling:
        """Return what the first policy that holds says; `group` is that of the environment.

        The last policy of every file asks for nothing, so one always holds.
        """
        found = next(each for each in self.policies if each.holds(facts))
        stages = tuple(_seated(each, group) for each in found.stages)
        return Ruling(found.name, found.model, stages, found.why, self.revision)


def _seated(stage: Stage, group: str) -> Stage:
    """Return the stage with the environment's group in its place; without one anybody decides."""
    return Stage(
        stage.name,
        _groups(stage.groups, group),
        stage.needed,
        stage.within,
        stage.on_expiry,
        _groups(stage.escalate_to, group),
    )


def _groups(named: Sequence[str], group: str) -> tuple[str, ...]:
    meant = (group if each == ENVIRONMENT else each for each in named)
    return tuple(dict.fromkeys(each for each in meant if each))
