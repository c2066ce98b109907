"""How the answers of several sources become one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.entitlement.combine import combined
from onboarding.ports import Answer, Outcome

answers = st.lists(
    st.builds(
        Answer,
        outcome=st.sampled_from(Outcome),
        source=st.sampled_from(["file", "groups", "policy"]),
        reason_code=st.just("code"),
        reason=st.text(max_size=10),
        remedy=st.text(max_size=10),
    ),
    max_size=6,
)


def outcomes(given_answers: list[Answer]) -> set[Outcome]:
    return {answer.outcome for answer in given_answers}


@settings(deadline=None)
@given(answers)
def test_it_is_a_permit_only_if_one_permits_and_none_denies_or_cannot_tell(
    given_answers: list[Answer],
) -> None:
    permitted = combined(given_answers).outcome is Outcome.PERMIT
    there = outcomes(given_answers)
    assert permitted == (Outcome.PERMIT in there and not there & {Outcome.DENY, Outcome.UNKNOWN})


@settings(deadline=None)
@given(answers)
def test_one_deny_is_a_deny_whatever_the_others_say(given_answers: list[Answer]) -> None:
    deny = Answer(Outcome.DENY, "file", "denied_by_rule", "No.")
    assert combined([*given_answers, deny]).outcome is Outcome.DENY


@settings(deadline=None)
@given(answers)
def test_the_order_of_sources_decides_nothing(given_answers: list[Answer]) -> None:
    assert combined(given_answers).outcome is combined(given_answers[::-1]).outcome


@settings(deadline=None)
@given(answers)
def test_silence_never_comes_out(given_answers: list[Answer]) -> None:
    assert combined(given_answers).outcome is not Outcome.SILENT


def test_without_a_source_nobody_can_tell() -> None:
    answer = combined([])
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.remedy


def test_what_nobody_permits_is_denied_with_the_remedies_of_all() -> None:
    silent = [
        Answer(Outcome.SILENT, "file", "no_rule", "", remedy="Join a.", revision="r1"),
        Answer(Outcome.SILENT, "groups", "not_in_group", "", remedy="Join b."),
    ]
    answer = combined(silent)
    assert answer.outcome is Outcome.DENY
    assert answer.remedy == "Join a. Join b."
    assert answer.evidence == {"file": "no_rule", "groups": "not_in_group"}
    assert answer.revision == "r1"
