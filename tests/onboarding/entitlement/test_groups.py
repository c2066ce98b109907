"""Entitlement from groups whose names follow a pattern."""

from dataclasses import replace

import pytest

from onboarding.entitlement.groups import GroupEntitlements, pattern_faults
from onboarding.ports import Outcome
from tests.contracts.entitlement_source import ASKED

SOURCE = GroupEntitlements(
    ["{tenant}:{environment}:deployers", "{tenant}:{application}:owners"],
    ["berth-suspended", "{tenant}-suspended"],
)


def outcome(*groups: str) -> Outcome:
    return SOURCE.check(replace(ASKED, groups=frozenset(groups))).outcome


def test_any_of_the_patterns_permits() -> None:
    assert outcome("retail:dev:deployers") is Outcome.PERMIT
    assert outcome("retail:basket:owners") is Outcome.PERMIT


def test_the_group_that_decided_is_kept_as_evidence() -> None:
    assert SOURCE.check(ASKED).evidence == {"group": "retail:dev:deployers"}


def test_groups_of_another_tenant_are_not_heard() -> None:
    assert outcome("payments:dev:deployers") is Outcome.SILENT
    assert outcome("retail:dev:deployers", "payments-suspended") is Outcome.PERMIT


def test_a_suspended_tenant_is_refused_and_told_how_to_mend_it() -> None:
    groups = frozenset({"retail:dev:deployers", "retail-suspended"})
    answer = SOURCE.check(replace(ASKED, groups=groups))
    assert answer.outcome is Outcome.DENY
    assert "retail-suspended" in answer.remedy


def test_the_remedy_names_every_group_that_would_do() -> None:
    answer = SOURCE.check(replace(ASKED, groups=frozenset()))
    assert answer.remedy.endswith("retail:basket:owners, retail:dev:deployers.")


def test_without_patterns_nobody_is_permitted_and_no_group_is_named() -> None:
    answer = GroupEntitlements([], []).check(ASKED)
    assert (answer.outcome, answer.remedy) == (Outcome.SILENT, "")


@pytest.mark.parametrize(
    "patterns",
    [
        ["{tenant}-{environment}-deployers"],
        ["{tenant}{environment}"],
        ["{tenant}-deployers", "{tenant}-prod-deployers"],
        ["{tenant}-{application}:owners"],
    ],
)
def test_patterns_that_can_be_read_in_two_ways_permit_nobody(patterns: list[str]) -> None:
    """With dashes, a group of tenant a-b in c would be one of tenant a in b-c as well."""
    source = GroupEntitlements(patterns, [])
    names = {"tenant": "retail", "application": "basket", "environment": "dev"}
    held = frozenset(each.format(**names) for each in patterns)
    answer = source.check(replace(ASKED, groups=held))
    assert (answer.outcome, answer.reason_code) == (Outcome.UNKNOWN, "pattern_ambiguous")
    assert "{tenant}:{environment}:deployers" in answer.remedy


def test_patterns_whose_fields_stand_apart_are_read_in_one_way() -> None:
    patterns = (
        "{tenant}:{environment}:deployers",
        "{tenant}:{application}:owners",
        "role/{tenant}/{environment}",
        "{tenant}-suspended",
        "berth-suspended",
        "everybody",
    )
    assert pattern_faults(patterns) == ()
