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


def test_a_token_is_issued_for_some_networks_and_names_whom_to_ask(db: None) -> None:
    networks = ("--from", "10.20.0.0/16", "--from", "192.0.2.7")
    told("issue_token", "billing", "--scope", "cmdb:read", "--contact", "Team Money", *networks)
    token = MachineToken.objects.get()
    assert token.networks == ["10.20.0.0/16", "192.0.2.7/32"]
    assert token.contact == "Team Money"


def test_whoever_issues_a_token_answers_for_it_if_nobody_is_named(db: None) -> None:
    told("issue_token", "billing", "--scope", "cmdb:read")
    assert MachineToken.objects.get().contact.startswith("Command line")


WRONG = [
    ["--scope", "git"],
    ["--scope", "cmdb:read", "--days", "4000"],
    ["--scope", "cmdb:read", "--from", "everywhere"],
]


@pytest.mark.parametrize("wrong", WRONG)
def test_no_token_is_issued_for_git_or_for_ever_or_from_nowhere(db: None, wrong: list[str]) -> None:
    with pytest.raises(CommandError):
        told("issue_token", "billing", *wrong)
    assert not MachineToken.objects.exists()
