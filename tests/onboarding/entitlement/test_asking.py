"""Asking sources: at once, within a deadline, and whatever they do to us is UNKNOWN in words."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Thread
from time import perf_counter
from typing import Any

import pytest
import time_machine

from onboarding.entitlement import asking
from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Ruling, Sources
from onboarding.entitlement.combine import one_of
from onboarding.entitlement.memory import Heard, Memory
from onboarding.entitlement.seat import Seat
from onboarding.ports import Answer, EntitlementSource, Outcome
from portal.clock import now
from tests.onboarding.entitlement.asked import QUERY, Slow, Told, said

LIMITS = Limits(deadline=timedelta(seconds=5))
SHORT = Limits(deadline=timedelta(milliseconds=50))
Clock = time_machine.Traveller


@pytest.fixture
def slow() -> Iterator[Slow]:
    source = Slow()
    yield source
    source.may.set()


def asked(*sources: EntitlementSource, limits: Limits = LIMITS) -> Sources:
    return Sources([Seat(each, limits) for each in sources], one_of([s.name for s in sources]))


def hint(sources: Sources) -> Ruling:
    return sources.rulings([QUERY], fresh=False)[0]


def broken() -> Answer:
    raise RuntimeError("the password is swordfish")


RUBBISH: list[Callable[[], object]] = [
    lambda: None,
    lambda: True,
    lambda: {"decision": True},
    lambda: Outcome.PERMIT,
    lambda: said(outcome="permit"),
    lambda: said(Outcome.REFERRED),
    lambda: said(reason=None),
    lambda: said(evidence={"at": datetime(2026, 1, 1, tzinfo=UTC)}),
    lambda: said(evidence=["a list"]),
    lambda: said(expires_at=datetime(2036, 1, 1)),  # noqa: DTZ001 - without a zone
    lambda: said(expires_at="2036-01-01"),
    lambda: said(expires_at=datetime(2020, 1, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize("does", RUBBISH)
def test_what_is_no_answer_is_unknown_in_words(does: Callable[[], object]) -> None:
    answer = asked(Told(does)).ruling(QUERY)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.reason.startswith("oracle ")
    assert answer.remedy


def test_a_deny_whose_expiry_has_no_zone_is_no_answer_and_hangs_nobody() -> None:
    ends = datetime(2036, 1, 1)  # noqa: DTZ001 - without a zone
    answer = asked(Told(lambda: said(Outcome.DENY, expires_at=ends))).ruling(QUERY)
    assert (answer.outcome, answer.reason_code) == (Outcome.UNKNOWN, "source_malformed")


def test_a_source_that_breaks_is_unknown_and_its_words_go_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = asked(Told(broken)).ruling(QUERY)
    assert (answer.outcome, answer.reason_code) == (Outcome.UNKNOWN, "source_broken")
    assert "RuntimeError" in caplog.text
    assert "swordfish" not in caplog.text + str(answer)


def test_a_source_that_hangs_is_unknown_at_its_deadline(slow: Slow) -> None:
    began = perf_counter()
    answer = asked(slow, limits=SHORT).ruling(QUERY)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.reason == "slow did not answer within 0.05 s."
    assert perf_counter() - began < 5


def test_a_source_that_hangs_is_left_alone_for_a_while_too(slow: Slow) -> None:
    sources = asked(slow, limits=replace(SHORT, failures=2))
    codes = [sources.ruling(QUERY).reason_code for _ in range(3)]
    assert codes == ["source_timeout", "source_timeout", "source_resting"]


def test_sources_are_asked_at_the_same_time() -> None:
    together = Barrier(3, timeout=5)

    def met() -> Answer:
        together.wait()
        return said()

    sources = [Told(met, name) for name in ("one", "two", "three")]
    assert asked(*sources).ruling(QUERY).outcome is Outcome.PERMIT


def test_so_are_several_questions() -> None:
    together = Barrier(2, timeout=5)

    def met() -> Answer:
        together.wait()
        return said()

    elsewhere = replace(QUERY, environment="prod")
    rulings = asked(Told(met)).rulings([QUERY, elsewhere])
    assert [each.outcome for each in rulings] == [Outcome.PERMIT, Outcome.PERMIT]


def test_the_name_of_a_source_is_ours_and_its_texts_are_cut() -> None:
    source = Told(lambda: said(Outcome.DENY, "somebody else", decision="d\0" * 500))
    answer = asked(source).ruling(QUERY)
    assert answer.source == "oracle"
    assert len(answer.decision) == 200
    assert "\0" not in answer.decision


@pytest.mark.parametrize("value", ["x" * 30_000, json.loads("[" * 30 + "]" * 30)])
def test_evidence_beyond_all_bounds_is_kept_as_a_cut_text(value: object) -> None:
    evidence = asked(Told(lambda: said(evidence={"x": value}))).ruling(QUERY).evidence
    assert list(evidence) == ["cut"]
    assert len(evidence["cut"]) <= 20_000


def test_a_deny_whose_evidence_cannot_be_kept_is_a_deny_all_the_same() -> None:
    answer = asked(Told(lambda: said(Outcome.DENY, evidence={"x": object()}))).ruling(QUERY)
    assert (answer.outcome, answer.evidence) == (Outcome.DENY, {})


def test_after_failures_in_a_row_it_is_left_alone_for_a_while(clock: Clock) -> None:
    source = Told(broken)
    sources = asked(source, limits=replace(LIMITS, failures=3))
    answers = [sources.ruling(QUERY) for _ in range(6)]
    assert source.asked == 3
    assert {each.outcome for each in answers} == {Outcome.UNKNOWN}
    assert answers[-1].reason_code == "source_resting"


def test_after_the_pause_one_question_goes_through_and_decides(clock: Clock) -> None:
    source = Told(broken)
    sources = asked(source, limits=replace(LIMITS, failures=1))
    sources.ruling(QUERY)
    clock.shift(timedelta(seconds=31))
    sources.ruling(QUERY)
    sources.ruling(QUERY)
    assert source.asked == 2  # the try failed, so the pause began again
    clock.shift(timedelta(seconds=31))
    source.does = said
    assert [sources.ruling(QUERY).outcome for _ in range(3)] == [Outcome.PERMIT] * 3


def test_while_a_source_is_tried_nobody_else_asks_it(clock: Clock) -> None:
    source = Told(broken)
    sources = asked(source, limits=replace(LIMITS, failures=1))
    sources.ruling(QUERY)
    clock.shift(timedelta(seconds=31))
    begun, may = Event(), Event()

    def slowly() -> Answer:
        begun.set()
        may.wait(5)
        return said()

    source.does = slowly
    trying = Thread(target=sources.ruling, args=(QUERY,))
    trying.start()
    assert begun.wait(5)
    assert sources.ruling(QUERY).reason_code == "source_resting"
    may.set()
    trying.join(10)


def test_a_clock_that_was_set_back_makes_no_pause_longer(clock: Clock) -> None:
    source = Told(broken)
    sources = asked(source, limits=replace(LIMITS, failures=1))
    sources.ruling(QUERY)
    clock.shift(timedelta(days=-1))
    source.does = said
    assert sources.ruling(QUERY).outcome is Outcome.PERMIT


def test_what_lies_with_the_question_switches_no_source_off_for_others() -> None:
    source = Told(lambda: said(Outcome.UNKNOWN, code="claims_old"))
    sources = asked(source, limits=replace(LIMITS, failures=1))
    for _ in range(3):
        sources.ruling(QUERY)
    assert source.asked == 3


@pytest.mark.parametrize(
    ("outcome", "still", "over"),
    [(Outcome.PERMIT, 119, 120), (Outcome.DENY, 4, 5), (Outcome.SILENT, 4, 5)],
)
def test_hints_repeat_a_permit_for_minutes_and_a_refusal_for_seconds(
    clock: Clock, outcome: Outcome, still: int, over: int
) -> None:
    source = Told(lambda: said(outcome))
    sources = asked(source)
    hint(sources)
    clock.shift(timedelta(seconds=still))
    assert hint(sources).heard[0].remembered
    clock.shift(timedelta(seconds=over - still))
    hint(sources)
    assert source.asked == 2


def test_what_was_not_known_is_asked_again_at_once(clock: Clock) -> None:
    source = Told(lambda: said(Outcome.UNKNOWN))
    sources = asked(source)
    hint(sources)
    hint(sources)
    assert source.asked == 2


def test_nothing_is_repeated_past_what_the_source_said(clock: Clock) -> None:
    ends = datetime(2026, 11, 23, 9, 0, 10, tzinfo=UTC)
    source = Told(lambda: said(expires_at=ends))
    sources = asked(source)
    hint(sources)
    clock.shift(timedelta(seconds=10))
    assert hint(sources).outcome is Outcome.UNKNOWN  # the source repeats itself, and it is over
    assert source.asked == 2


def test_after_the_clock_was_set_back_nothing_from_later_is_repeated(clock: Clock) -> None:
    told = Told()
    sources = asked(told)
    hint(sources)
    clock.shift(timedelta(hours=-1))
    told.does = lambda: said(Outcome.DENY)
    assert hint(sources).outcome is Outcome.DENY


def test_what_is_recorded_is_asked_anew_and_hints_learn_from_it(clock: Clock) -> None:
    source = Told()
    sources = asked(source)
    hint(sources)
    source.does = lambda: said(Outcome.DENY)
    assert sources.ruling(QUERY).outcome is Outcome.DENY
    assert hint(sources).outcome is Outcome.DENY
    assert source.asked == 2


def test_an_answer_that_took_long_does_not_take_the_place_of_a_later_one(clock: Clock) -> None:
    memory = Memory(timedelta(minutes=2), timedelta(seconds=5))
    early = now()
    clock.shift(timedelta(seconds=1))
    memory.keep("question", Heard(said(Outcome.DENY), now()))
    memory.keep("question", Heard(said(), early))
    found = memory.recall("question")
    assert found is not None
    assert found.answer.outcome is Outcome.DENY


@pytest.mark.parametrize("changed", [{"groups": frozenset({"a"})}, {"claims": {"x": 1}}])
def test_another_question_gets_an_answer_of_its_own(clock: Clock, changed: dict[str, Any]) -> None:
    source = Told()
    sources = asked(source)
    sources.rulings([QUERY, replace(QUERY, **changed)], fresh=False)
    assert source.asked == 2


def test_who_asks_the_same_at_the_same_time_waits_for_one_answer(slow: Slow) -> None:
    sources = asked(slow, limits=LIMITS)
    found: list[Ruling] = []
    threads = [Thread(target=lambda: found.append(hint(sources))) for _ in range(5)]
    for each in threads:
        each.start()
    slow.may.set()
    for each in threads:
        each.join(10)
    assert [each.outcome for each in found] == [Outcome.PERMIT] * 5
    assert slow.asked == 1


def test_sources_that_could_not_be_made_permit_nobody_and_say_who_mends_it() -> None:
    answer = asking.nobody().ruling(QUERY)
    assert answer.outcome is Outcome.UNKNOWN
    assert "manage.py check" in answer.remedy
