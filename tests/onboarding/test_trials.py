"""A trial ends in time whatever it tries, says what it is, and cannot be piled up."""

from collections.abc import Iterator
from threading import Event
from time import monotonic
from typing import Any

import pytest

from onboarding.trials import MOST_ROWS, Trials
from portal.errors import TrialUnderWay
from portal.reaching import Tried, went


@pytest.fixture
def never() -> Iterator[Event]:
    """Hold whoever waits for it until the test is over."""
    event = Event()
    yield event
    event.set()


def hanging(never: Event) -> Iterator[Tried]:
    yield went("Name", "It is known.")
    never.wait(20)
    yield went("Late", "It came too late.")


def test_what_hangs_is_left_with_what_came_before(never: Event) -> None:
    began = monotonic()
    rows = Trials(seconds=0.05).run(lambda: hanging(never), who="olivia")
    assert monotonic() - began < 2
    assert [row.stage for row in rows] == ["Name", "Time"]
    assert rows[-1].ok is False
    assert rows[-1].change


def test_one_person_tries_one_thing_at_a_time_also_while_it_hangs(never: Event) -> None:
    trials = Trials(seconds=0.05)
    trials.run(lambda: hanging(never), who="olivia")
    with pytest.raises(TrialUnderWay):
        trials.run(lambda: [went("Name", "")], who="olivia")
    assert trials.run(lambda: [went("Name", "")], who="oscar")


def test_only_a_few_run_at_once(never: Event) -> None:
    trials = Trials(at_once=2, seconds=0.05)
    for who in ("olivia", "oscar"):
        trials.run(lambda: hanging(never), who=who)
    with pytest.raises(TrialUnderWay):
        trials.run(lambda: [went("Name", "")], who="otto")


def test_room_is_made_when_a_trial_ends() -> None:
    trials = Trials(at_once=1)
    for _ in range(3):
        assert trials.run(lambda: [went("Name", "")], who="olivia")


def broken() -> Iterator[Tried]:
    yield went("Name", "It is known.")
    raise RuntimeError("with a s3cret in it")


def test_what_breaks_says_so_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    rows = Trials().run(broken, who="olivia")
    assert rows[-1].came_back == "It failed in a way nobody foresaw: RuntimeError."
    assert "s3cret" not in repr(rows) + caplog.text
    assert "test_trials.py" in caplog.text


@pytest.mark.parametrize("odd", [None, "good", Tried("Name", "yes", "")])  # type: ignore[arg-type] # on purpose
def test_what_is_no_row_is_told(odd: Any) -> None:
    (row,) = Trials().run(lambda: [odd], who="olivia")
    assert row.ok is False


def test_rows_are_cut_and_can_be_kept() -> None:
    (row,) = Trials().run(lambda: [went("N" * 100, "\0\ud800" * 1000)], who="olivia")
    assert len(row.stage) == 60
    assert len(row.came_back) == 500
    assert "\0" not in row.came_back
    row.came_back.encode()


def test_what_never_ends_is_cut() -> None:
    rows = Trials().run(lambda: iter(lambda: went("Again", ""), None), who="olivia")
    assert len(rows) == MOST_ROWS + 1
    assert rows[-1].ok is False
