"""The built-in change system keeps the contract, and what is its own: numbers and windows."""

from datetime import timedelta

import pytest
import time_machine

from onboarding.changes.builtin import BuiltinChanges
from onboarding.changes.models import Change, ChangeStatus
from onboarding.ports import Verdict
from portal.errors import ChangeRefused
from tests.conftest import START
from tests.contracts.changes import ORDER, STANDARD, WISH, ChangesContract


@pytest.mark.django_db
class TestBuiltin(ChangesContract):
    changes = BuiltinChanges()

    def approve(self, number: str) -> None:
        Change.objects.filter(number=number).update(status=ChangeStatus.SCHEDULED)

    def refuse(self, number: str, reason: str) -> None:
        Change.objects.filter(number=number).update(status=ChangeStatus.REFUSED, close_note=reason)

    def test_numbers_are_what_people_say_at_a_desk(self) -> None:
        number = self.changes.open(WISH)
        assert number == f"CHG{Change.objects.get().pk:07d}"

    def test_the_record_says_what_was_wished(self) -> None:
        self.changes.open(WISH)
        change = Change.objects.get(order_uuid=ORDER)
        assert change.title == WISH.title
        assert [each.group_names for each in change.stages.all()] == [["prod-approvers"]]
        assert change.policy == "one approver"
        assert change.requester == "local:alice"
        assert change.type == "normal"

    def test_a_standard_change_is_written_as_one(self) -> None:
        self.changes.open(STANDARD)
        assert Change.objects.get().type == "standard"

    def test_the_window_of_a_change_is_told(self) -> None:
        number = self.changes.open(WISH)
        end = START + timedelta(hours=2)
        Change.objects.filter(number=number).update(window_start=START, window_end=end)
        state = self.state(number)
        assert (state.window_start, state.window_end) == (START, end)

    def test_an_approval_for_a_window_holds_until_the_window_is_over(
        self, clock: time_machine.Traveller
    ) -> None:
        number = self.approved()
        opens = START + timedelta(days=10)
        until = opens + timedelta(hours=2)
        Change.objects.filter(number=number).update(window_start=opens, window_end=until)
        clock.move_to(until - timedelta(seconds=1))
        assert self.state(number).verdict is Verdict.APPROVED
        clock.shift(timedelta(seconds=1))
        with pytest.raises(ChangeRefused):
            self.changes.start(number)
        assert self.state(number).verdict is Verdict.EXPIRED

    @pytest.mark.parametrize(
        ("is_approved", "why"),
        [(False, "Nobody decided in time."), (True, "The approval was not used in time.")],
    )
    def test_what_expired_says_why(
        self,
        clock: time_machine.Traveller,
        is_approved: bool,  # noqa: FBT001 - a column
        why: str,
    ) -> None:
        number = self.approved() if is_approved else self.changes.open(WISH)
        clock.shift(timedelta(days=1))
        assert self.state(number).note == why

    def test_a_closed_change_keeps_its_result(self) -> None:
        number = self.approved()
        self.changes.start(number)
        self.changes.close(number, successful=False, note="Taken back.")
        change = Change.objects.get()
        assert (change.successful, change.closed_at) == (False, START)
