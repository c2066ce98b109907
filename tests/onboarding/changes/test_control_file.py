"""The file of change control: what stands in it decides, and every fault is told at once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from onboarding.assessment.risk import Facts
from onboarding.changes import control
from onboarding.changes.guards import GUARDS
from onboarding.changes.lifecycle import ALWAYS, Verb
from onboarding.changes.policies import OnExpiry, Ruling, Stage

SHIPPED = Path(settings.BERTH_CHANGE_CONTROL)
HEAD = SHIPPED.read_text().partition("policies:")[0]
LAST = """
  - name: the rest
    when: {}
    model: normal
    stages: [{name: Approval, groups: [environment]}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, policies: str, head: str = HEAD) -> Path:
    path = folder / "control.yaml"
    path.write_text(f"{head}policies:{policies}")
    return path


def faults(folder: Path, policies: str, head: str = HEAD) -> str:
    with pytest.raises(control.FileBroken) as raised:
        control.read(write(folder, policies, head))
    return " ".join(raised.value.faults)


def about(**changes: Any) -> Facts:
    usual: dict[str, Any] = {
        "kind": "onboard",
        "environment": "prod",
        "production": True,
        "classification": "internal",
        "criticality": "medium",
        "tiers": frozenset({"gold"}),
        "clusters": 1,
        "destinations": 0,
        "first": False,
        "referred": False,
        "change_type": "normal",
        "risk": "low",
    }
    return Facts(**(usual | changes))


def ruling(path: Path, group: str = "prod-approvers", **changes: Any) -> Ruling:
    return control.read(path).ruling(about(**changes), group)


def test_as_shipped_the_group_of_the_environment_decides() -> None:
    found = ruling(SHIPPED)
    assert (found.policy, found.model) == ("one approver", "normal")
    assert found.stages == (Stage("Approval", ("prod-approvers",)),)
    assert found.words == "A member of prod-approvers approves, never the person who asks."


def test_as_shipped_anybody_with_the_role_decides_where_no_group_is_named() -> None:
    found = ruling(SHIPPED, group="")
    assert found.stages[0].groups == ()
    assert found.words == "An approver approves, never the person who asks."


def test_as_shipped_a_standard_change_of_low_risk_needs_nobody() -> None:
    found = ruling(SHIPPED, change_type="standard")
    assert (found.model, found.stages) == ("standard", ())
    assert found.words == "Approved by policy at once: a standard change."


@pytest.mark.parametrize("doubt", [{"risk": "high"}, {"referred": True}])
def test_as_shipped_a_standard_change_in_doubt_needs_a_person(doubt: dict[str, Any]) -> None:
    assert ruling(SHIPPED, change_type="standard", **doubt).model == "normal"


def test_the_first_policy_that_holds_decides(folder: Path) -> None:
    path = write(
        folder,
        """
  - name: payments
    when: {production: true, classification: [confidential, restricted], tier: gold}
    model: normal
    stages:
      - {name: Team, groups: [environment], hours: 24}
      - {name: Security, groups: [security, ciso], needed: 2, hours: 48, on_expiry: escalate,
         escalate_to: [board]}
  - name: risky
    when: {risk: high}
    model: normal
    stages: [{name: Board, groups: [board]}]
"""
        + LAST,
    )
    found = ruling(path, classification="restricted", risk="high")
    assert found.policy == "payments"
    assert found.stages == (
        Stage("Team", ("prod-approvers",), within=timedelta(hours=24)),
        Stage(
            "Security",
            ("security", "ciso"),
            needed=2,
            within=timedelta(hours=48),
            on_expiry=OnExpiry.ESCALATE,
            escalate_to=("board",),
        ),
    )
    assert found.words == (
        "A member of prod-approvers, then 2 members of security or ciso approve, "
        "never the person who asks."
    )
    assert ruling(path, risk="high").policy == "risky"
    assert ruling(path).policy == "the rest"


@pytest.mark.parametrize("verb", list(Verb))
def test_no_guard_that_keeps_four_eyes_can_be_left_out(folder: Path, verb: Verb) -> None:
    for guard in ALWAYS[verb]:
        start = HEAD.index(f"      {verb}:")
        line = next(each for each in HEAD[start:].splitlines() if "guards:" in each)
        told = (
            line.replace(f"{guard}, ", "", 1)
            if f"{guard}, " in line
            else line.replace(f", {guard}]", "]")
        )
        head = HEAD[:start] + HEAD[start:].replace(line, told, 1)
        assert f"verb {verb}, must keep the guard `{guard}`" in faults(folder, LAST, head)


def test_every_guard_that_is_named_is_there() -> None:
    named = {guard for guards in ALWAYS.values() for guard in guards}
    assert named <= set(GUARDS)


FAULTS = {
    "no policy": (" []", "must have a list of `policies`"),
    "nothing for the rest": (
        "\n  - {name: a, when: {risk: high}, model: normal, stages: [{name: A}]}",
        "must end with a policy whose `when` is `{}`",
    ),
    "two of one name": (LAST.replace("{}", "{risk: low}") + LAST, "has two policies called"),
    "people without stages": ("\n  - {name: a, when: {}, model: normal}", "needs `stages`"),
    "stages without people": (LAST.replace("normal", "standard"), "needs `stages`"),
    "an unknown model": (LAST.replace("normal", "urgent"), "must have one of standard, normal"),
    "an unknown fact": (LAST.replace("{}", "{moon: full}") + LAST, "has `moon`"),
    "an unknown risk": (LAST.replace("{}", "{risk: odd}") + LAST, "asks for risk `odd`"),
    "nobody needed": (LAST.replace("name: Approval", "name: A, needed: 0"), "from 1 to 20"),
    "approved by waiting": (
        LAST.replace("name: Approval", "name: A, on_expiry: approve"),
        "must have one of cancel, escalate as `on_expiry`",
    ),
    "escalated to nobody": (
        LAST.replace("name: Approval", "name: A, hours: 2, on_expiry: escalate"),
        "needs `escalate_to` exactly where",
    ),
    "escalated at no time": (
        LAST.replace("name: Approval", "name: A, on_expiry: escalate, escalate_to: [b]"),
        "needs `hours` to escalate after",
    ),
    "a mistyped word": (LAST.replace("name: Approval", "nam: A, name: A"), "has `nam`"),
}


@pytest.mark.parametrize(("policies", "told"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_with_a_policy_is_told(folder: Path, policies: str, told: str) -> None:
    assert told in faults(folder, policies)


EMERGENCIES = {
    "{groups: [a]}": "needs `groups` that may and `reviewers`",
    "{reviewers: [a]}": "needs `groups` that may and `reviewers`",
    "{groups: [a], reviewers: [b], hours: 0}": "from 1 to 72 as `hours`",
    "{groups: [a], reviewers: [b], hours: 73}": "from 1 to 72 as `hours`",
    "{groups: [a], reviewers: [b], days: 3}": "has `days`",
    "[a]": "must be a mapping",
}


@pytest.mark.parametrize(("said", "told"), EMERGENCIES.items(), ids=EMERGENCIES.keys())
def test_what_is_wrong_with_emergencies_is_told(folder: Path, said: str, told: str) -> None:
    assert told in faults(folder, LAST, f"{HEAD}emergency: {said}\n")


def test_as_shipped_no_emergency_is_foreseen() -> None:
    assert control.read(SHIPPED).emergency is None


MODELS = {
    "a guard that nobody knows": ("group, once", "group, twice", "names the guard `twice`"),
    "a state that it cannot lead from": (
        "from: [authorize]",
        "from: [closed]",
        "cannot lead on from `closed`",
    ),
    "a model that begins approved": (
        "begins: authorize",
        "begins: scheduled",
        "must have `begins: authorize`",
    ),
    "nobody could refuse": ("      refuse:", "      refuze:", "needs the verb `refuse`"),
    "another version": ("version: 1", "version: 2", "must say `version: 1`"),
}


@pytest.mark.parametrize(("old", "new", "told"), MODELS.values(), ids=MODELS.keys())
def test_what_is_wrong_with_a_model_is_told(folder: Path, old: str, new: str, told: str) -> None:
    assert old in HEAD
    assert told in faults(folder, LAST, HEAD.replace(old, new, 1))


def test_all_faults_are_told_at_once(folder: Path) -> None:
    said = faults(folder, LAST.replace("normal", "urgent"), HEAD.replace("version: 1", "v: 1"))
    assert "version: 1" in said
    assert "has `v`" in said
    assert "as `model`" in said


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(control.FileBroken, match=r"control\.yaml cannot be read"):
        control.read(folder / "control.yaml")
