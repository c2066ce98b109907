"""Several questions by one call: what is no clear answer to one of them is none, and no permit."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Sources
from onboarding.entitlement.authzen import AuthZenBatches, AuthZenEntitlements
from onboarding.entitlement.combine import one_of
from onboarding.entitlement.fields import Fields, FieldsUnfit
from onboarding.entitlement.seat import MOST_TOGETHER, Seat
from onboarding.ports import Answer, Outcome, Query
from portal.clock import now
from portal.outbound import WayOut
from tests.contracts.entitlement_source import ASKED
from tests.onboarding.entitlement import point_process
from tests.onboarding.entitlement.asked import said
from tests.onboarding.entitlement.point_process import PATH, PointProcess

MEMBER, STRANGER = ASKED, replace(ASKED, groups=frozenset())
BOTH = [MEMBER, STRANGER]
YES, NO = {"decision": True}, {"decision": False}
PERMIT, DENY, UNKNOWN = Outcome.PERMIT, Outcome.DENY, Outcome.UNKNOWN


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PointProcess]:
    with point_process.running(tmp_path_factory.mktemp("point"), tls=False) as made:
        yield made


@pytest.fixture
def point(process: PointProcess) -> PointProcess:
    process.does()
    return process


def outcomes(sources: Sources, queries: Sequence[Query], *, fresh: bool = False) -> list[Outcome]:
    return [ruling.outcome for ruling in sources.rulings(queries, fresh=fresh)]


def sources_of(point: PointProcess, *, seconds: float = 5) -> Sources:
    return Sources([point.seat(seconds=seconds, batch=True)], one_of(["pdp"]))


def test_several_questions_are_one_call_and_each_gets_its_own_answer(point: PointProcess) -> None:
    before = len(point.asked())
    assert outcomes(sources_of(point), [*BOTH, MEMBER]) == [PERMIT, DENY, PERMIT]
    assert point.asked()[before:] == [f"{PATH}s"]


def test_one_question_is_asked_alone(point: PointProcess) -> None:
    before = len(point.asked())
    assert outcomes(sources_of(point), [MEMBER], fresh=True) == [PERMIT]
    assert point.asked()[before:] == [PATH]


def test_what_was_heard_a_moment_ago_is_not_asked_again(point: PointProcess) -> None:
    sources = sources_of(point)
    outcomes(sources, [MEMBER])
    point.says({"evaluations": [NO, NO]})
    elsewhere = replace(MEMBER, environment="prod")
    assert outcomes(sources, [MEMBER, elsewhere, STRANGER]) == [PERMIT, DENY, DENY]


def test_a_point_that_is_not_told_to_is_asked_one_by_one(point: PointProcess) -> None:
    before = len(point.asked())
    sources = Sources([point.seat()], one_of(["pdp"]))
    assert outcomes(sources, BOTH) == [PERMIT, DENY]
    assert point.asked()[before:] == [PATH, PATH]


WHOLE_FAULTS: dict[str, Any] = {
    "too few": {"evaluations": [YES]},
    "too many": {"evaluations": [YES, YES, YES]},
    "none": {"evaluations": []},
    "no list": {"evaluations": {"0": YES, "1": YES}},
    "one for all": YES,
    "one for all beside each": {"decision": True, "evaluations": [YES, YES]},
    "an error beside them": {"evaluations": [YES, YES], "error": "no database"},
    "a list alone": [YES, YES],
    "half": '{"evaluations": [{"decision": true}, {"decis',
    "a key twice": '{"evaluations": [{"decision": true}, {"decision": false, "decision": true}]}',
}


@pytest.mark.parametrize("body", WHOLE_FAULTS.values(), ids=WHOLE_FAULTS)
def test_where_nobody_knows_which_answer_is_whose_none_counts(
    point: PointProcess, body: Any
) -> None:
    point.says(body)
    assert outcomes(sources_of(point), BOTH) == [UNKNOWN, UNKNOWN]
    source = point.source(batch=True)
    assert isinstance(source, AuthZenBatches)
    assert [each.outcome for each in source.check_all(BOTH)] == [UNKNOWN, UNKNOWN]


ONE_FAULT: dict[str, Any] = {
    "a text": {"decision": "true"},
    "a number": {"decision": 1},
    "nothing": {},
    "null": None,
    "a list": [YES],
    "an error": {"decision": True, "context": {"error": {"status": 404}}},
    "a duty": {"decision": True, "context": {"obligations": ["a second one"]}},
    "a context that is a text": {"decision": True, "context": "fine"},
    "a permit that is over": {"decision": True, "context": {"expires_at": "2020-01-01T00:00:00Z"}},
}


@pytest.mark.parametrize("wrong", ONE_FAULT.values(), ids=ONE_FAULT)
def test_one_malformed_answer_is_none_and_the_others_count(point: PointProcess, wrong: Any) -> None:
    point.says({"evaluations": [YES, wrong, NO]})
    asked = [MEMBER, STRANGER, replace(STRANGER, environment="prod")]
    assert outcomes(sources_of(point), asked) == [PERMIT, UNKNOWN, DENY]


def test_a_batch_that_is_slow_or_dies_permits_nobody(point: PointProcess) -> None:
    body = {"evaluations": [YES, YES]}
    for deed in ({"wait": 20}, {"pause": 0.05}, {"length": 900}, {"status": 503}, {"sent": 0}):
        point.says(body, **deed)
        assert outcomes(sources_of(point, seconds=0.5), BOTH) == [UNKNOWN, UNKNOWN]


def test_a_call_that_fails_is_one_failure_however_many_questions_it_holds(
    point: PointProcess,
) -> None:
    point.does(status=503)
    sources = Sources([Seat(point.source(batch=True), Limits(failures=2))], one_of(["pdp"]))
    codes = [sources.rulings(BOTH)[0].reason_code for _ in range(3)]
    assert codes == ["source_failing", "source_failing", "source_resting"]


class Several:
    """A company's own source, which answers what it is told to."""

    name = "own"

    def __init__(self, *answers: Any) -> None:
        self.answers: Any = list(answers)
        self.calls: list[int] = []

    def check(self, _query: Query) -> Answer:
        return said(source="own")

    def check_all(self, queries: Sequence[Query]) -> Sequence[Answer]:
        self.calls.append(len(queries))
        found: Sequence[Answer] = self.answers or [said(source="own")] * len(queries)
        return found


@pytest.mark.parametrize("answers", [[said()], [said()] * 3, [None, None], ["yes", True]])
def test_a_source_of_a_company_that_answers_too_few_or_nonsense_permits_nobody(
    answers: list[Any],
) -> None:
    sources = Sources([Seat(Several(*answers), Limits())], one_of(["own"]))
    assert outcomes(sources, BOTH) == [UNKNOWN, UNKNOWN]


def test_a_source_of_a_company_that_raises_permits_nobody() -> None:
    source = Several()
    source.answers = 7  # no list: it cannot be counted
    sources = Sources([Seat(source, Limits())], one_of(["own"]))
    assert outcomes(sources, BOTH) == [UNKNOWN, UNKNOWN]


def test_more_questions_than_a_call_may_hold_are_several_calls() -> None:
    source = Several()
    asked = [replace(ASKED, application=f"app-{number}") for number in range(MOST_TOGETHER + 3)]
    limits = Limits(deadline=timedelta(seconds=5))
    found = outcomes(Sources([Seat(source, limits)], one_of(["own"])), asked)
    assert found == [PERMIT] * len(asked)
    assert sorted(source.calls) == [3, MOST_TOGETHER]


def made(**values: Any) -> AuthZenEntitlements:
    fields = Fields(values, deadline=2, variables=str)
    return AuthZenEntitlements.from_settings("pdp", fields, WayOut(), clock=now)


def test_only_who_says_so_is_asked_several_at_once() -> None:
    assert not isinstance(made(url="https://pdp.example.com"), AuthZenBatches)
    assert isinstance(made(url="https://pdp.example.com", batch=True), AuthZenBatches)
    with pytest.raises(FieldsUnfit, match="ends in /evaluation"):
        made(url="https://pdp.example.com/v1/decide", batch=True)


def test_the_batch_stands_beside_the_single_question(point: PointProcess) -> None:
    before = len(point.asked())
    source = made(url=point.address, batch=True)
    assert isinstance(source, AuthZenBatches)
    assert [each.outcome for each in source.check_all(BOTH)] == [PERMIT, DENY]
    assert source.check(MEMBER).outcome is PERMIT
    assert point.asked()[before:] == [f"{PATH}s", PATH]
