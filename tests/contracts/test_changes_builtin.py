"""The built-in change system keeps the contract, and what is its own: numbers and windows."""

from datetime import timedelta

import pytest

from onboarding.changes.builtin import BuiltinChanges
from onboarding.changes.models import Change, ChangeStatus
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
        assert change.approver_group == "prod-approvers"
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

    def test_a_closed_change_keeps_its_result(self) -> None:
        number = self.approved()
        self.changes.start(number)
        self.changes.close(number, successful=False, note="Taken back.")
        change = Change.objects.get()
        assert (change.successful, change.closed_at) == (False, START)
