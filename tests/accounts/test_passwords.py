"""Git passwords: what `git clone` and `git push` are let in by."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from accounts import actions
from accounts.models import Scope, User
from accounts.passwords import person_by_basic
from tests.accounts.conftest import is_in, sign_in
from tests.make import PASSWORD

HOME, OFFICE = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def secret(alice: User) -> str:
    """A Git password of alice."""
    return actions.make_git_password("laptop", by=alice)[1]


def fail(times: int) -> None:
    for _ in range(times):
        person_by_basic("alice", "wrong", address=HOME)


def test_a_person_is_let_in_by_name_and_git_password(alice: User, secret: str) -> None:
    assert person_by_basic("alice", secret, address=HOME) == alice


def test_the_password_of_the_account_opens_no_repository(alice: User) -> None:
    assert person_by_basic("alice", PASSWORD, address=HOME) is None


def test_a_git_password_belongs_to_one_name(bob: User, secret: str) -> None:
    assert person_by_basic("bob", secret, address=HOME) is None
    assert person_by_basic("", secret, address=HOME) is None


def test_a_token_of_another_scope_opens_no_repository(olivia: User) -> None:
    _, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    assert person_by_basic("olivia", text, address=HOME) is None


def test_after_five_wrong_ones_the_right_one_is_refused_for_a_while(
    clock: Traveller, alice: User, secret: str
) -> None:
    fail(5)
    assert person_by_basic("alice", secret, address=HOME) is None
    assert person_by_basic("alice", secret, address=OFFICE) == alice
    clock.shift(timedelta(minutes=15, seconds=1))
    assert person_by_basic("alice", secret, address=HOME) == alice


def test_trying_while_locked_does_not_make_it_longer(
    clock: Traveller, alice: User, secret: str
) -> None:
    fail(5)
    clock.shift(timedelta(minutes=14))
    fail(3)
    clock.shift(timedelta(minutes=1, seconds=1))
    assert person_by_basic("alice", secret, address=HOME) == alice


def test_a_new_git_password_works_at_once_after_the_old_one_locked(alice: User) -> None:
    fail(5)
    _, text = actions.make_git_password("laptop", by=alice)
    assert person_by_basic("alice", text, address=HOME) == alice


def test_a_script_with_an_old_git_password_keeps_nobody_from_signing_in(alice: User) -> None:
    for _ in range(6):
        person_by_basic("alice", "wrong", address="127.0.0.1")
    assert is_in(sign_in())


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "alice\n", "älice"])
def test_odd_names_are_refused_without_a_fault(db: None, name: str) -> None:
    assert person_by_basic(name, "wrong", address=None) is None
