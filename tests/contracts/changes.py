"""What every Changes must do; a change system's test class inherits this and plays the people.

Times are those of the `clock` fixture: START is now, and WISH expires in four hours.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine

from onboarding.changes.policies import Stage
from onboarding.ports import Changes, ChangeState, ChangeWish, Verdict
from portal.errors import ChangeRefused
from tests.conftest import START

ORDER = UUID("7d5e0000-0000-4000-8000-000000000007")
OTHER_ORDER = UUID("7d5e0000-0000-4000-8000-000000000008")
WISH = ChangeWish(
    key=f"{ORDER}-r1",
    order_uuid=ORDER,
    title="Onboard basket to prod for retail",
    description="23 objects on 1 cluster, 17 files.",
    digest="d" * 64,
    requester="local:alice",
    expires_at=START + timedelta(hours=4),
    stages=(Stage("Approval", ("prod-approvers",)),),
    policy="one approver",
)
STANDARD = replace(WISH, stages=(), policy="standard change")
NEXT = replace(WISH, key=f"{ORDER}-r2", digest="e" * 64)
OTHERS = replace(WISH, key=f"{OTHER_ORDER}-r1", order_uuid=OTHER_ORDER)


@pytest.mark.usefixtures("clock")
class ChangesContract:
    changes: Changes

    def approve(self, number: str) -> None:
        """Approve the change, as its approvers would."""
        raise NotImplementedError

    def refuse(self, number: str, reason: str) -> None:
        """Refuse the change, as its approvers would."""
        raise NotImplementedError

    def state(self, number: str) -> ChangeState:
        return self.changes.state(number)

    def approved(self) -> str:
        number = self.changes.open(WISH)
        self.approve(number)
        return number

    def test_opening_twice_with_one_key_gives_one_change(self) -> None:
        first = self.changes.open(WISH)
        again = self.changes.open(replace(WISH, title="another title"))
        assert first == again
        assert list(self.changes.unclosed(ORDER)) == [first]

    def test_another_key_is_another_change(self) -> None:
        numbers = {self.changes.open(wish) for wish in (WISH, NEXT, OTHERS)}
        assert len(numbers) == 3
        assert set(self.changes.unclosed(ORDER)) < numbers

    def test_opening_again_does_not_bring_a_decided_change_back(self) -> None:
        number = self.changes.open(WISH)
        self.refuse(number, "Not in December.")
        assert self.changes.open(WISH) == number
        assert self.state(number).verdict is Verdict.REFUSED

    def test_a_normal_change_waits_for_people(self) -> None:
        assert self.state(self.changes.open(WISH)).verdict is Verdict.PENDING

    def test_a_standard_change_is_approved_by_policy(self) -> None:
        assert self.state(self.changes.open(STANDARD)).verdict is Verdict.APPROVED

    def test_the_state_names_the_digest_that_it_speaks_of(self) -> None:
        state = self.state(self.changes.open(WISH))
        assert state.digest == WISH.digest

    def test_an_approval_is_seen(self) -> None:
        assert self.state(self.approved()).verdict is Verdict.APPROVED

    def test_a_refusal_is_seen_with_its_reason(self) -> None:
        number = self.changes.open(WISH)
        self.refuse(number, "Not in December.")
        state = self.state(number)
        assert (state.verdict, state.note) == (Verdict.REFUSED, "Not in December.")

    def test_what_nobody_decided_in_time_has_expired(self, clock: time_machine.Traveller) -> None:
        number = self.changes.open(WISH)
        clock.shift(timedelta(hours=4))
        assert self.state(number).verdict is Verdict.EXPIRED

    def test_a_second_before_its_time_is_over_it_still_waits(
        self, clock: time_machine.Traveller
    ) -> None:
        number = self.changes.open(WISH)
        clock.shift(timedelta(hours=4, seconds=-1))
        assert self.state(number).verdict is Verdict.PENDING

    def test_an_approval_that_nobody_used_in_time_expires(
        self, clock: time_machine.Traveller
    ) -> None:
        number = self.approved()
        clock.shift(timedelta(hours=4))
        assert self.state(number).verdict is Verdict.EXPIRED

    def test_a_change_that_was_started_in_time_does_not_expire(
        self, clock: time_machine.Traveller
    ) -> None:
        number = self.approved()
        self.changes.start(number)
        clock.shift(timedelta(days=30))
        assert self.state(number).verdict is Verdict.APPROVED
        self.changes.start(number)

    def test_starting_twice_is_nothing(self) -> None:
        number = self.approved()
        self.changes.start(number)
        self.changes.start(number)
        assert self.state(number).verdict is Verdict.APPROVED

    def test_nothing_starts_that_is_not_approved(self) -> None:
        number = self.changes.open(WISH)
        with pytest.raises(ChangeRefused):
            self.changes.start(number)
        assert self.state(number).verdict is Verdict.PENDING

    def test_nothing_starts_that_was_refused_or_cancelled(self) -> None:
        refused, cancelled = self.changes.open(WISH), self.changes.open(replace(STANDARD, key="k"))
        self.refuse(refused, "No.")
        self.changes.cancel(cancelled, note="Not needed.")
        for number in (refused, cancelled):
            with pytest.raises(ChangeRefused):
                self.changes.start(number)

    def test_nothing_starts_whose_time_is_over_even_if_nobody_looked_since(
        self, clock: time_machine.Traveller
    ) -> None:
        number = self.approved()
        clock.shift(timedelta(hours=4))
        with pytest.raises(ChangeRefused):
            self.changes.start(number)
        assert self.state(number).verdict is Verdict.EXPIRED

    def test_cancelling_twice_keeps_the_first_reason(self) -> None:
        number = self.changes.open(WISH)
        self.changes.cancel(number, note="Withdrawn.")
        self.changes.cancel(number, note="Again.")
        state = self.state(number)
        assert (state.verdict, state.note) == (Verdict.WITHDRAWN, "Withdrawn.")

    def test_closing_twice_keeps_the_first_result(self) -> None:
        number = self.approved()
        self.changes.start(number)
        self.changes.close(number, successful=True, note="Live.")
        self.changes.close(number, successful=False, note="Not live.")
        assert self.state(number).note == "Live."

    def test_a_closed_change_permits_nothing_more(self) -> None:
        number = self.approved()
        self.changes.start(number)
        self.changes.close(number, successful=True, note="Live.")
        assert self.state(number).verdict is not Verdict.APPROVED
        with pytest.raises(ChangeRefused):
            self.changes.start(number)

    def test_cancelling_what_is_closed_changes_nothing(self) -> None:
        number = self.approved()
        self.changes.close(number, successful=False, note="Taken back.")
        self.changes.cancel(number, note="Cancelled.")
        assert self.state(number).note == "Taken back."

    def test_unclosed_are_those_of_the_order_that_still_stand(self) -> None:
        first, second = self.changes.open(WISH), self.changes.open(NEXT)
        self.changes.open(OTHERS)
        assert set(self.changes.unclosed(ORDER)) == {first, second}
        self.changes.cancel(first, note="Replaced.")
        assert list(self.changes.unclosed(ORDER)) == [second]
        self.changes.close(second, successful=True, note="Live.")
        assert list(self.changes.unclosed(ORDER)) == []

    def test_a_started_change_is_still_unclosed(self) -> None:
        number = self.approved()
        self.changes.start(number)
        assert list(self.changes.unclosed(ORDER)) == [number]
