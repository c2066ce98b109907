"""What no answers, no order of sources and no memory of them can ever bring about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import time_machine
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onboarding.entitlement import arrangement, seating
from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Sources
from onboarding.entitlement.combine import Demand, Terms, combined, one_of
from onboarding.entitlement.file import FileEntitlements
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.seat import Seat
from onboarding.entitlement.seating import Kit
from onboarding.ports import Answer, Outcome, Query
from portal.clock import now
from portal.outbound import WayOut

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
NAMES = ("directory", "file", "groups", "policy")
QUERY = Query("local:alice", frozenset(), "onboard", "retail", "basket", "dev")
LIMITS = Limits(permit_for=timedelta(minutes=2), refusal_for=timedelta(seconds=5), failures=0)

names = st.sampled_from(NAMES)
answers = st.builds(
    Answer,
    outcome=st.sampled_from(Outcome),
    source=names,
    reason_code=st.just("code"),
    reason=st.text(max_size=10),
    remedy=st.text(max_size=10),
    expires_at=st.none()
    | st.integers(1, 5).map(lambda minutes: START + timedelta(minutes=minutes)),
)
several = st.lists(answers, max_size=6)
terms = st.builds(
    Terms,
    demands=st.lists(
        st.builds(Demand, st.lists(names, min_size=1, unique=True).map(tuple)), max_size=4
    ).map(tuple),
    referring=st.frozensets(names),
)


def permitting(given_answers: Sequence[Answer]) -> set[str]:
    return {answer.source for answer in given_answers if answer.outcome is Outcome.PERMIT}


def outcomes(given_answers: Sequence[Answer]) -> set[Outcome]:
    return {answer.outcome for answer in given_answers}


@given(several, terms)
def test_nothing_permits_but_a_permit_for_every_demand(
    given_answers: list[Answer], asked: Terms
) -> None:
    if combined(given_answers, asked).outcome is Outcome.PERMIT:
        assert asked.demands
        assert all(permitting(given_answers) & set(each.sources) for each in asked.demands)
        assert outcomes(given_answers) <= {Outcome.PERMIT, Outcome.SILENT}


@given(several, terms)
def test_a_person_decides_only_where_nobody_denies_and_only_the_named_cannot_tell(
    given_answers: list[Answer], asked: Terms
) -> None:
    if combined(given_answers, asked).outcome is Outcome.REFERRED:
        cannot = {Outcome.UNKNOWN, Outcome.REFERRED}
        doubtful = {each.source for each in given_answers if each.outcome in cannot}
        assert doubtful <= asked.referring
        assert Outcome.DENY not in outcomes(given_answers)
        hopeful = doubtful | permitting(given_answers)
        assert all(hopeful & set(each.sources) for each in asked.demands)


@given(several, terms, answers)
def test_one_more_deny_never_turns_a_refusal_into_a_permit(
    given_answers: list[Answer], asked: Terms, another: Answer
) -> None:
    more = [*given_answers, replace(another, outcome=Outcome.DENY)]
    after = combined(more, asked).outcome
    assert after is (Outcome.DENY if asked.demands else Outcome.UNKNOWN)


@given(several, terms, st.data())
def test_the_order_of_sources_decides_nothing(
    given_answers: list[Answer], asked: Terms, data: st.DataObject
) -> None:
    demands = [Demand(data.draw(turns(each.sources))) for each in asked.demands]
    turned = Terms(data.draw(turns(demands)), asked.referring)
    one, other = combined(given_answers, asked), combined(data.draw(turns(given_answers)), turned)
    assert one.outcome is other.outcome
    if one.outcome is Outcome.PERMIT:
        assert one.expires_at == other.expires_at


def turns(things: Sequence[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.permutations(list(things)).map(tuple)


@given(several, terms)
def test_a_permit_holds_no_longer_than_any_permit_beside_it(
    given_answers: list[Answer], asked: Terms
) -> None:
    whole = combined(given_answers, asked)
    if whole.outcome is Outcome.PERMIT:
        permits = [each for each in given_answers if each.outcome is Outcome.PERMIT]
        assert whole.expires_at == min(
            (each.expires_at for each in permits if each.expires_at), default=None
        )


@given(several, terms)
def test_silence_never_comes_out(given_answers: list[Answer], asked: Terms) -> None:
    assert combined(given_answers, asked).outcome is not Outcome.SILENT


@given(several, terms)
def test_to_let_a_person_decide_permits_nobody(given_answers: list[Answer], asked: Terms) -> None:
    strict = combined(given_answers, replace(asked, referring=frozenset())).outcome
    lenient = combined(given_answers, asked).outcome
    assert lenient is strict or (strict, lenient) == (Outcome.UNKNOWN, Outcome.REFERRED)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["kind", "unknown", "failures", "path", "permits", "sources", "need"])
RIGHT = st.sampled_from(
    [
        {"kind": "file", "path": "/a"},
        {"kind": "groups", "permits": ["a"], "unknown": "a human decides"},
        {"sources": ["staff"], "need": "any"},
        {"sources": ["staff", "people"]},
    ]
)
PARTS = st.dictionaries(
    st.sampled_from(["staff", "people"]) | st.text(max_size=4),
    RIGHT | st.dictionaries(KEYS, VALUES | st.sampled_from(["file", "any", ["staff"]])) | VALUES,
    max_size=3,
)
KIT = Kit(
    {
        "file": FileEntitlements.from_settings,
        "groups": partial(GroupEntitlements.from_settings, clock=now),
    },
    variables=lambda _: "",
    way=WayOut(),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({"version": st.just(1), "sources": PARTS}, optional={"groups": PARTS}))
def test_whatever_stands_in_the_file_is_used_as_a_whole_or_told_as_faults(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump(content))
    found = arrangement.read(path)
    seated = seating.seated(found, KIT)
    if not seated.faults:
        demanded = {name for demand in found.terms.demands for name in demand.sources}
        assert demanded == {seat.name for seat in seated.seats} == set(content["sources"])


class Fickle:
    """A source that says the next thing each time it is asked."""

    name = "fickle"

    def __init__(self, says: Sequence[Outcome], good_for: int | None) -> None:
        self._says = list(says)
        self._good_for = good_for
        self.asked: list[tuple[datetime, Answer]] = []

    def check(self, _query: Query) -> Answer:
        moment = datetime.now(UTC)  # noqa: TID251 - the source's own clock
        ends = moment + timedelta(seconds=self._good_for) if self._good_for else None
        answer = Answer(self._says[len(self.asked)], self.name, "said", "So.", expires_at=ends)
        self.asked.append((moment, answer))
        return answer


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(Outcome)[:4]), st.integers(0, 200), st.booleans()),
        min_size=1,
        max_size=8,
    ),
    st.none() | st.integers(1, 200),
)
def test_memory_repeats_no_answer_past_its_time_and_never_what_was_not_said_last(
    steps: list[tuple[Outcome, int, bool]], good_for: int | None
) -> None:
    source = Fickle([outcome for outcome, _, _ in steps], good_for)
    sources = Sources([Seat(source, LIMITS)], one_of(["fickle"]))
    with time_machine.travel(START, tick=False) as clock:
        for _, seconds, fresh in steps:
            clock.shift(timedelta(seconds=seconds))
            before = len(source.asked)
            ((heard,),) = [each.heard for each in sources.rulings([QUERY], fresh=fresh)]
            said_at, said = source.asked[-1]
            age = datetime.now(UTC) - said_at  # noqa: TID251 - the moment that the test stopped
            assert heard.answer == said
            assert heard.remembered == (len(source.asked) == before)
            if heard.remembered:
                assert not fresh
                assert age < (timedelta(minutes=2) if is_permit(said) else timedelta(seconds=5))
                assert said.outcome is not Outcome.UNKNOWN
                assert good_for is None or age < timedelta(seconds=good_for)


def is_permit(answer: Answer) -> bool:
    return answer.outcome is Outcome.PERMIT
