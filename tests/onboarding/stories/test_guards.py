"""What must hold each time before something happens on a cluster or in a repository."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from onboarding.ports import ChangeState, Verdict
from onboarding.stories import STORIES
from onboarding.stories.guards import refuse_past_window, require_approval, window_is_open
from portal.clock import now
from portal.errors import ApprovalMissing, BerthError, ChangeExpired, ChangeRefused

DIGEST = "d" * 64
APPROVED = ChangeState("CHG1", Verdict.APPROVED, DIGEST)


def test_an_approval_of_this_digest_is_in_force() -> None:
    require_approval(APPROVED, DIGEST)


def test_an_approval_of_another_digest_is_none() -> None:
    with pytest.raises(ApprovalMissing):
        require_approval(APPROVED, "e" * 64)


@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        (Verdict.PENDING, ApprovalMissing),
        (Verdict.REFUSED, ChangeRefused),
        (Verdict.EXPIRED, ChangeExpired),
        (Verdict.WITHDRAWN, ChangeRefused),
    ],
)
def test_every_other_verdict_stops(verdict: Verdict, error: type[BerthError]) -> None:
    with pytest.raises(error):
        require_approval(replace(APPROVED, verdict=verdict), DIGEST)


def test_every_verdict_has_been_thought_of() -> None:
    for verdict in set(Verdict) - {Verdict.APPROVED}:
        with pytest.raises(BerthError):
            require_approval(replace(APPROVED, verdict=verdict), DIGEST)


def test_a_refusal_carries_the_words_of_whoever_refused() -> None:
    state = replace(APPROVED, verdict=Verdict.REFUSED, note="Not in December.")
    with pytest.raises(ChangeRefused, match="Not in December"):
        require_approval(state, DIGEST)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end", "is_open"),
    [
        (None, None, True),
        (-HOUR, None, True),
        (HOUR, None, False),
        (None, HOUR, True),
        (None, -HOUR, False),
        (-HOUR, HOUR, True),
        (timedelta(0), HOUR, True),
        (-HOUR, timedelta(0), False),
    ],
)
def test_a_window_is_open_from_its_start_until_just_before_its_end(
    clock: time_machine.Traveller,
    start: timedelta | None,
    end: timedelta | None,
    is_open: bool,  # noqa: FBT001 - a column of the table
) -> None:
    window = replace(
        APPROVED,
        window_start=now() + start if start is not None else None,
        window_end=now() + end if end is not None else None,
    )
    assert window_is_open(window) is is_open


def test_a_window_that_is_over_opens_no_second_time(clock: time_machine.Traveller) -> None:
    refuse_past_window(replace(APPROVED, window_end=now() + HOUR))
    refuse_past_window(APPROVED)
    with pytest.raises(ChangeExpired):
        refuse_past_window(replace(APPROVED, window_end=now()))


def test_every_step_that_acts_on_clusters_or_repositories_is_guarded() -> None:
    guarded = {step.name for step in STORIES["onboard"].steps if step.guarded}
    assert guarded == {"push_scaffold", "prime"}
