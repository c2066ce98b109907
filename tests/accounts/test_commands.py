"""The commands that make people and tokens."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import tokens
from accounts.models import MachineToken, Role, Scope, User
from audit.models import Entry
from tests.accounts.conftest import is_in, sign_in


def told(*command: str, **options: Any) -> str:
    """Return what a command writes to standard output."""
    out = io.StringIO()
    call_command(*command, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue().strip()


def test_a_person_is_made_with_a_password_that_is_shown_once(db: None) -> None:
    password = told("create_person", "dana", "--role", "developer", "--role", "approver")
    assert is_in(sign_in("dana", password))
    assert User.objects.get().roles == {Role.DEVELOPER, Role.APPROVER}
    assert Entry.objects.filter(verb="made", actor__startswith="command:").exists()


def test_a_person_is_made_with_a_password_from_standard_input(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a very private place\n"))
    assert told("create_person", "dana", "--password-stdin") == ""
    assert is_in(sign_in("dana", "a very private place"))


def test_the_command_says_in_words_why_it_makes_nobody(alice: User) -> None:
    with pytest.raises(CommandError, match="There is a person called alice already"):
        told("create_person", "alice")
    with pytest.raises(CommandError, match="Enter a valid username"):
        told("create_person", "two words")


def test_a_token_is_issued_for_a_machine(db: None) -> None:
    text = told("issue_token", "billing", "--scope", "cmdb:read", "--days", "7")
    token = tokens.verify(text, Scope.CMDB_READ)
    assert token
    assert (token.name, token.owner, (token.expires_at - token.created_at).days) == (
        "billing",
        None,
        7,
    )


@pytest.mark.parametrize("wrong", [["--scope", "git"], ["--scope", "cmdb:read", "--days", "4000"]])
def test_no_token_is_issued_for_git_or_for_ever(db: None, wrong: list[str]) -> None:
    with pytest.raises(CommandError):
        told("issue_token", "billing", *wrong)
    assert not MachineToken.objects.exists()
