"""Entitlement from groups whose names follow a pattern."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from onboarding.entitlement.fields import Fields
from onboarding.entitlement.groups import Freshness, GroupEntitlements, pattern_faults
from onboarding.ports import Answer, Outcome
from portal.outbound import WayOut
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


# How long what an identity provider said of groups counts

SIGNED_IN = datetime(2026, 11, 23, 9, tzinfo=UTC)
DEPLOYERS, LIMIT = "{tenant}:{environment}:deployers", timedelta(hours=8)


def after(hours: float, *groups: str, signed_in: datetime | None = SIGNED_IN) -> Answer:
    """Ask about somebody who signed in so many hours ago."""
    clock = Freshness(LIMIT, lambda: SIGNED_IN + timedelta(hours=hours))
    source = GroupEntitlements([DEPLOYERS], ["berth-suspended"], fresh=clock)
    return source.check(replace(ASKED, groups=frozenset(groups), claims_at=signed_in))


def test_groups_of_a_sign_in_permit_until_it_is_too_old() -> None:
    answer = after(7.9, "retail:dev:deployers")
    assert answer.outcome is Outcome.PERMIT
    assert answer.expires_at == SIGNED_IN + LIMIT


def test_groups_of_an_old_sign_in_cannot_tell_and_say_what_to_do() -> None:
    answer = after(8, "retail:dev:deployers")
    assert (answer.outcome, answer.reason_code) == (Outcome.UNKNOWN, "groups_old")
    assert answer.remedy == "Sign out and sign in again."
    assert after(8).outcome is Outcome.UNKNOWN


def test_a_group_that_refuses_does_so_however_old_it_is() -> None:
    assert after(100, "retail:dev:deployers", "berth-suspended").outcome is Outcome.DENY


def test_groups_of_a_local_account_do_not_grow_old() -> None:
    answer = after(1000, "retail:dev:deployers", signed_in=None)
    assert (answer.outcome, answer.expires_at) == (Outcome.PERMIT, None)


def test_without_a_limit_groups_count_as_of_the_last_sign_in() -> None:
    long_ago = replace(ASKED, claims_at=SIGNED_IN - timedelta(days=1000))
    assert SOURCE.check(long_ago).outcome is Outcome.PERMIT


def test_the_limit_is_a_field_of_the_file() -> None:
    fields = Fields(
        {"permits": [DEPLOYERS], "oldest_minutes": 60}, deadline=2, variables=lambda _: ""
    )
    source = GroupEntitlements.from_settings(
        "staff", fields, WayOut(), clock=lambda: SIGNED_IN + timedelta(minutes=61)
    )
    asked = replace(ASKED, claims_at=SIGNED_IN)
    assert source.check(asked).outcome is Outcome.UNKNOWN
