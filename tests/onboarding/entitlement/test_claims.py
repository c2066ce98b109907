"""Only a plain true of fresh claims permits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.entitlement.claims import LARGEST, ClaimEntitlements, Expression, Rules, faults_of
from onboarding.entitlement.fields import Fields, FieldsUnfit
from onboarding.ports import Answer, Outcome
from portal.outbound import WayOut
from tests.conftest import START
from tests.contracts.entitlement_source import ASKED

HOUR = timedelta(hours=1)
ISSUER = "https://id.example.com"


def ask(
    claims: Mapping[str, Any], *permits: str, denies: tuple[str, ...] = (), **changes: Any
) -> Answer:
    """Return the answer at START; the claims are fresh unless `claims_at` says otherwise."""
    rules = Rules(
        [Expression(each) for each in permits], [Expression(each) for each in denies], HOUR
    )
    source = ClaimEntitlements(rules, lambda: START, name="claims")
    query = replace(ASKED, claims=claims, claims_at=START)
    return source.check(replace(query, **changes))


def test_a_plain_true_permits_and_holds_until_the_claims_are_old() -> None:
    claims = {"department": "retail", "salary": 1}
    answer = ask(claims, "claims.department == query.tenant", claims_at=START - HOUR / 2)
    assert answer.outcome is Outcome.PERMIT
    assert answer.expires_at == START + HOUR / 2
    assert answer.evidence == {
        "expression": "claims.department == query.tenant",
        "claims": {"department": '"retail"'},
    }


@pytest.mark.parametrize(
    "odd",
    ["'true'", "`1`", "claims.on", "claims.list", "claims", "`[]`", "`{}`", "''", "claims.zero"],
)
def test_what_is_neither_true_nor_false_nor_null_cannot_tell(odd: str) -> None:
    claims = {"on": "true", "list": [True], "zero": 0}
    for answer in (ask(claims, odd), ask(claims, "`true`", denies=(odd,))):
        assert (answer.outcome, answer.reason_code) == (Outcome.UNKNOWN, "claims_unfit")
        assert answer.remedy


@pytest.mark.parametrize("no", ["`false`", "`null`", "claims.absent", "claims.no"])
def test_false_and_null_permit_and_refuse_nothing(no: str) -> None:
    claims = {"no": False}
    assert ask(claims, no).outcome is Outcome.SILENT
    assert ask(claims, "`true`", denies=(no,)).outcome is Outcome.PERMIT


@pytest.mark.parametrize(
    "broken",
    ["contains(claims.absent, 'a')", "sort(claims.mixed)", "claims.a > claims.mixed", "((("],
)
def test_an_expression_that_fails_cannot_tell_even_if_another_permits(broken: str) -> None:
    claims = {"a": "b", "mixed": [1, "a", None]}
    assert ask(claims, "`true`", denies=(broken,)).outcome in {Outcome.UNKNOWN, Outcome.PERMIT}
    assert ask(claims, broken).outcome is not Outcome.PERMIT


def test_a_deny_that_fails_is_no_permit() -> None:
    answer = ask({"a": 1}, "`true`", denies=("contains(claims.groups, 'suspended')",))
    assert answer.outcome is Outcome.UNKNOWN


def test_a_deny_that_holds_wins_over_permits_and_over_denies_that_fail() -> None:
    claims = {"groups": ["suspended"]}
    broken = "contains(claims.absent, 'a')"
    answer = ask(claims, "`true`", denies=(broken, "contains(claims.groups, 'suspended')"))
    assert answer.outcome is Outcome.DENY


@pytest.mark.parametrize("claims_at", [None, START - HOUR, START - 9 * HOUR])
def test_old_claims_cannot_tell_and_ask_for_another_sign_in(claims_at: Any) -> None:
    answer = ask({"a": 1}, "`true`", claims_at=claims_at)
    assert (answer.outcome, answer.reason_code) == (Outcome.UNKNOWN, "claims_old")
    assert "sign in again" in answer.remedy


def test_somebody_without_claims_meets_silence() -> None:
    assert ask({}, "`true`").outcome is Outcome.SILENT


def test_claims_of_another_issuer_are_not_heard() -> None:
    rules = Rules([Expression("claims.a")], issuer=ISSUER)
    source = ClaimEntitlements(rules, lambda: START, name="claims")

    def outcome(subject: str) -> Outcome:
        query = replace(ASKED, subject=subject, claims={"a": True}, claims_at=START)
        return source.check(query).outcome

    assert outcome(f"{ISSUER}:4711") is Outcome.PERMIT
    for other in ("local:alice", f"{ISSUER}:8443:4711", f"{ISSUER}:8443/realm:4711", ISSUER):
        assert outcome(other) is Outcome.SILENT


def test_a_claim_that_the_provider_left_out_decides_nothing() -> None:
    """Entra ID names groups elsewhere when they are too many: a deny would look at none of them."""
    claims = {"_claim_names": {"groups": "src1"}, "department": "retail"}
    suspended = "not_null(claims.groups, `[]`) && contains(claims.groups, 'suspended')"
    answer = ask(claims, "`true`", denies=(suspended,))
    assert (answer.outcome, answer.reason_code) == (Outcome.UNKNOWN, "claims_incomplete")
    assert ask(claims, "claims.department == 'retail'").outcome is Outcome.PERMIT


def test_more_claims_than_anybody_needs_are_not_looked_at() -> None:
    answer = ask({"groups": ["g"] * LARGEST}, "`true`")
    assert (answer.outcome, answer.reason_code) == (Outcome.UNKNOWN, "claims_too_large")


def test_claims_are_kept_cut_and_storable() -> None:
    answer = ask({"a": "x" * 5_000 + "\0\ud800"}, "length(claims.a) > `1`")
    assert answer.outcome is Outcome.PERMIT
    assert len(answer.evidence["claims"]["a"]) == 300


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ("claims.", "cannot be read"),
        ("", "cannot be read"),
        ("starts(claims.a, 'b')", "no function: starts"),
        ("`true`", "neither of `claims` nor of `query`"),
        ("contains(groups, 'a')", "neither of `claims` nor of `query`"),
        ("claims." + "a" * 1_000, "more than 1000 characters"),
        ("!" * 990 + "claims", "nested too deeply"),
        ("claims" + " | [@, @]" * 20, "multiplies"),
        ("claims" + ".{a: @, b: @}" * 12, "multiplies"),
    ],
)
def test_what_is_wrong_with_an_expression_shows_without_any_claims(when: str, fault: str) -> None:
    assert fault in " ".join(faults_of(when))


@pytest.mark.parametrize(
    "when",
    [
        "contains(['dev', 'test'], query.environment) && claims.department == query.tenant",
        "claims.groups[?@ == 'retail'] | length(@) > `0`",
        "claims.realm_access.roles[?starts_with(@, 'berth-')] | [0] != null",
        "contains(claims.groups, join(':', [query.tenant, query.environment, 'deployers']))",
    ],
)
def test_expressions_that_people_write_are_good(when: str) -> None:
    assert list(faults_of(when)) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(value=VALUES)
def test_no_claim_at_all_makes_it_raise_and_only_true_permits(value: Any) -> None:
    answer = ask({"a": value}, "claims.a")
    assert (answer.outcome is Outcome.PERMIT) == (value is True)


def made(**values: Any) -> ClaimEntitlements:
    fields = Fields(values, deadline=2, variables=lambda _: "")
    return ClaimEntitlements.from_settings("claims", fields, WayOut(), clock=lambda: START)


def test_every_fault_of_its_configuration_is_told_at_once() -> None:
    permits = [{"when": "claims."}, {"when": "`true`"}]
    with pytest.raises(FieldsUnfit) as told:
        made(permits=permits, denies=[{"if": "claims.a"}], oldest_minutes=0)
    assert [fault.split(":")[0] for fault in told.value.faults] == [
        "`permits` 1",
        "`permits` 2",
        "`denies` must be a list of expressions with `when`, `reason` and `remedy`.",
        "`oldest_minutes` must be a whole number from 1 to 525600.",
    ]
    assert made(permits=[{"when": "claims.a"}]).name == "claims"
