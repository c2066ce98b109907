"""Machine tokens: what opens a door and what does not."""

from datetime import timedelta

import pytest
from pytest_django import Settings
from time_machine import Traveller

from accounts import actions, tokens
from accounts.models import MachineToken, Scope, User
from audit.models import Entry
from portal.errors import RoleMissing


def test_a_token_opens_what_it_was_issued_for(olivia: User) -> None:
    token, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    assert tokens.verify(text, Scope.CMDB_READ) == token
    assert tokens.verify(text, Scope.GIT) is None


def test_a_token_is_berth_key_dot_secret_and_only_its_hash_is_kept(olivia: User) -> None:
    token, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    head, secret = text.split(".")
    assert head == f"berth_{token.key}"
    assert len(secret) == 43
    kept = [str(value) for value in MachineToken.objects.values().get().values()]
    assert not any(secret in value for value in kept)


def test_no_secret_reaches_the_ledger(olivia: User) -> None:
    _, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    entry = Entry.objects.get(verb="issued token")
    assert text.partition(".")[2] not in f"{entry.changes}{entry.object_name}{entry.reason}"
    assert entry.actor == olivia.ident


@pytest.mark.parametrize(
    "wrong",
    ["", "berth_", "bearer", "berth_aaaaaaaaaaaa.{secret}", "berth_{key}.{other}", "{text} ", "\0"],
)
def test_a_wrong_token_opens_nothing(olivia: User, wrong: str) -> None:
    token, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    secret = text.partition(".")[2]
    said = wrong.format(key=token.key, secret=secret, text=text, other=secret[::-1])
    assert tokens.verify(said, Scope.CMDB_READ) is None


def test_a_token_ends_after_ninety_days(clock: Traveller, olivia: User) -> None:
    _, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    clock.shift(timedelta(days=90) - timedelta(seconds=1))
    assert tokens.verify(text, Scope.CMDB_READ)
    clock.shift(timedelta(seconds=1))
    assert tokens.verify(text, Scope.CMDB_READ) is None


def test_a_revoked_token_opens_nothing_any_more(olivia: User) -> None:
    token, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    actions.revoke_token(token, by=olivia)
    assert tokens.verify(text, Scope.CMDB_READ) is None


def test_a_token_of_a_person_switched_off_opens_nothing(alice: User, olivia: User) -> None:
    _, text = actions.make_git_password("laptop", by=alice)
    actions.switch_off(alice, by=olivia)
    assert tokens.verify(text, Scope.GIT) is None


def test_another_pepper_makes_every_token_worthless(olivia: User, settings: Settings) -> None:
    _, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    settings.BERTH_TOKEN_PEPPERS = ["another"]
    assert tokens.verify(text, Scope.CMDB_READ) is None


def test_use_is_written_down_once_a_minute(clock: Traveller, olivia: User) -> None:
    token, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    used = []
    for _ in range(3):
        tokens.verify(text, Scope.CMDB_READ)
        token.refresh_from_db()
        used.append(token.last_used_at)
        clock.shift(timedelta(seconds=40))
    assert used[0] == used[1] != used[2]


def test_a_use_refused_for_its_scope_is_not_written_down(olivia: User) -> None:
    token, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    tokens.verify(text, Scope.GIT)
    token.refresh_from_db()
    assert token.last_used_at is None


def test_only_operators_issue_tokens_to_machines(alice: User) -> None:
    with pytest.raises(RoleMissing):
        actions.make_token("mine", Scope.CMDB_READ, by=alice)
    assert not MachineToken.objects.exists()


def test_people_revoke_their_own_tokens_and_no_others(alice: User, bob: User) -> None:
    token, _ = actions.make_git_password("laptop", by=alice)
    with pytest.raises(RoleMissing):
        actions.revoke_token(token, by=bob)
    actions.revoke_token(token, by=alice)
    token.refresh_from_db()
    assert not token.enabled


def limited(olivia: User) -> str:
    """Return the text of a token that may come from one network only."""
    return actions.make_token("billing", Scope.CMDB_READ, by=olivia, places=["10.20.0.0/16"])[1]


@pytest.mark.parametrize("address", ["10.21.0.1", "2001:db8::1", None])
def test_a_token_from_outside_its_networks_reads_like_a_wrong_one(
    olivia: User, address: str | None
) -> None:
    text = limited(olivia)
    assert tokens.verify(text, Scope.CMDB_READ, address=address) is None
    assert tokens.recognised(text, address=address) is None
    assert MachineToken.objects.get().last_used_at is None


def test_a_token_from_its_networks_opens_and_its_address_is_kept(olivia: User) -> None:
    assert tokens.verify(limited(olivia), Scope.CMDB_READ, address="10.20.1.2")
    assert MachineToken.objects.get().last_used_from == "10.20.1.2"


def test_a_use_from_elsewhere_leaves_an_entry_once_a_minute(clock: Traveller, olivia: User) -> None:
    text = limited(olivia)
    for _ in range(3):
        tokens.verify(text, Scope.CMDB_READ, address="192.0.2.66")
        clock.shift(timedelta(seconds=40))
    entries = Entry.objects.filter(verb="refused from elsewhere")
    assert entries.count() == 2
    assert "192.0.2.66" in entries[0].reason
    assert entries[0].actor == f"token:{MachineToken.objects.get().key}"


def test_a_wrong_secret_from_elsewhere_leaves_no_entry(olivia: User) -> None:
    wrong = f"{limited(olivia)[:-4]}AAAA"
    assert tokens.verify(wrong, Scope.CMDB_READ, address="192.0.2.66") is None
    assert not Entry.objects.filter(verb="refused from elsewhere").exists()
