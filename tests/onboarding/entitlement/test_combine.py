"""How the answers of several sources become one: what people read of it."""

from datetime import UTC, datetime

import pytest

from onboarding.entitlement.combine import Demand, Terms, combined, one_of
from onboarding.ports import Answer, Outcome

PERMIT, DENY, UNKNOWN, SILENT, REFERRED = (
    Outcome.PERMIT,
    Outcome.DENY,
    Outcome.UNKNOWN,
    Outcome.SILENT,
    Outcome.REFERRED,
)
EITHER = one_of(["file", "groups"])
BOTH = Terms((Demand(("file",)), Demand(("groups",))))
IN_DOUBT = Terms(BOTH.demands, referring=frozenset({"groups"}))


def said(file: Outcome, groups: Outcome) -> list[Answer]:
    return [
        Answer(file, "file", "code", "File says so.", remedy="Join a.", revision="r1"),
        Answer(groups, "groups", "code", "Groups say so.", remedy="Join b."),
    ]


@pytest.mark.parametrize(
    ("terms", "file", "groups", "outcome"),
    [
        (EITHER, PERMIT, SILENT, PERMIT),
        (EITHER, SILENT, PERMIT, PERMIT),
        (EITHER, SILENT, SILENT, DENY),
        (EITHER, PERMIT, UNKNOWN, UNKNOWN),
        (EITHER, SILENT, UNKNOWN, UNKNOWN),
        (EITHER, PERMIT, DENY, DENY),
        (BOTH, PERMIT, PERMIT, PERMIT),
        (BOTH, PERMIT, SILENT, DENY),
        (BOTH, UNKNOWN, SILENT, DENY),
        (BOTH, PERMIT, UNKNOWN, UNKNOWN),
        (BOTH, DENY, UNKNOWN, DENY),
        (IN_DOUBT, PERMIT, UNKNOWN, REFERRED),
        (IN_DOUBT, UNKNOWN, UNKNOWN, UNKNOWN),
        (IN_DOUBT, SILENT, UNKNOWN, DENY),
        (IN_DOUBT, DENY, UNKNOWN, DENY),
        (IN_DOUBT, PERMIT, PERMIT, PERMIT),
        (BOTH, PERMIT, REFERRED, UNKNOWN),
    ],
)
def test_two_sources(terms: Terms, file: Outcome, groups: Outcome, outcome: Outcome) -> None:
    assert combined(said(file, groups), terms).outcome is outcome


def test_without_a_source_nobody_can_tell() -> None:
    answer = combined([], one_of([]))
    assert answer.outcome is UNKNOWN
    assert answer.remedy


def test_a_source_that_gave_no_answer_at_all_is_no_permit() -> None:
    assert combined(said(PERMIT, SILENT)[:1], BOTH).outcome is DENY


def test_what_nobody_permits_is_denied_with_the_remedies_of_all() -> None:
    answer = combined(said(SILENT, SILENT), EITHER)
    assert answer.remedy == "Join a. Join b."
    assert answer.evidence == {"file": "code", "groups": "code"}
    assert answer.revision == "r1"


def test_who_lacks_one_permit_of_two_learns_whose() -> None:
    answer = combined(said(PERMIT, SILENT), BOTH)
    assert "groups did not give one" in answer.reason
    assert answer.remedy == "Join b."


def test_two_permits_are_one_that_ends_with_the_first_of_them() -> None:
    soon, late = datetime(2026, 11, 23, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    permits = [
        Answer(PERMIT, "file", "code", "One.", decision="d1", expires_at=late),
        Answer(PERMIT, "groups", "code", "Two.", evidence={"group": "a"}, expires_at=soon),
    ]
    answer = combined(permits, BOTH)
    assert (answer.source, answer.reason, answer.expires_at) == ("file, groups", "One. Two.", soon)
    assert (answer.evidence, answer.decision) == ({"file": {}, "groups": {"group": "a"}}, "d1")


def test_whoever_has_to_decide_learns_who_could_not_tell() -> None:
    answer = combined(said(PERMIT, UNKNOWN), IN_DOUBT)
    assert "groups" in answer.reason
    assert "file" not in answer.reason
