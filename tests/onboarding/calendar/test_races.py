"""Two operators change the calendar at the same moment: one of them wins, and the other knows."""

from copy import copy
from datetime import date, time
from functools import partial

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role, User
from audit.models import Entry
from onboarding.actions import put_window, withdraw_window
from onboarding.actions.scheduling import TAKEN
from onboarding.calendar.in_force import MOVED
from onboarding.models import WindowEdition
from portal.errors import RecordMoved
from tests.journey import at_once
from tests.make import make_user, make_window

pytestmark = pytest.mark.django_db(transaction=True)

IN_FORCE = "A window of this name is in force already."


@pytest.fixture
def operators() -> list[User]:
    return [make_user(name, Role.OPERATOR) for name in ("olivia", "oscar")]


def adds(operator: User, instead_of: WindowEdition | None = None) -> None:
    """Put a window in force as an operator has filled it in."""
    edition = WindowEdition(
        kind="freeze",
        name="Year end",
        reason=f"As {operator.username} says.",
        scope="global",
        zone="UTC",
        first_day=date(2026, 12, 24),
        first_time=time(18),
        minutes=60,
        why="Decided.",
    )
    put_window(edition, instead_of=instead_of, by=operator)


def in_force() -> list[str]:
    return [each.reason for each in WindowEdition.objects.filter(ended_at=None)]


def told(raised: list[Exception]) -> list[str]:
    """Return the sentences of those who came too late, who are all that met an error."""
    assert {type(each) for each in raised} == {RecordMoved}
    return [each.detail for each in raised if isinstance(each, RecordMoved)]


def verbs() -> list[str]:
    return list(Entry.objects.filter(object_class="Window").values_list("verb", flat=True))


@pytest.mark.parametrize("_", range(3))
def test_of_two_who_change_a_window_at_once_one_wins_and_the_other_is_told(
    operators: list[User], _: int
) -> None:
    old = make_window()
    raised = at_once(*(partial(adds, each, instead_of=copy(old)) for each in operators))
    assert told(raised) == [MOVED]
    assert len(in_force()) == 1
    assert sorted(verbs()) == ["added", "replaced"]


def test_of_a_change_and_a_withdrawal_at_once_one_wins_and_the_other_is_told(
    operators: list[User],
) -> None:
    olivia, oscar = operators
    old = make_window()
    raised = at_once(
        partial(adds, olivia, instead_of=copy(old)),
        partial(withdraw_window, copy(old), why="Over.", by=oscar),
    )
    assert told(raised) == [MOVED]
    assert verbs().count("replaced") == len(in_force())


def test_of_two_who_add_a_window_of_one_name_at_once_one_is_told(operators: list[User]) -> None:
    (raised,) = at_once(*(partial(adds, each) for each in operators))
    sentence = raised.messages if isinstance(raised, ValidationError) else told([raised])
    assert sentence in ([IN_FORCE], [TAKEN])
    assert (len(in_force()), verbs()) == (1, ["added"])
