"""Peppers change without a token being issued again: older ones fit, and use brings the newest."""

from datetime import timedelta

import pytest
from django.db.models import F
from pytest_django import Settings
from time_machine import Traveller

from accounts import actions, peppers, tokens
from accounts.models import MachineToken, Scope, User
from audit.models import Entry
from portal.clock import now

OLD, NEW = "o" * 40, "n" * 40


@pytest.fixture
def text(olivia: User, settings: Settings) -> str:
    """Make a token under the old pepper, before there was a new one."""
    settings.BERTH_TOKEN_PEPPERS = [OLD]
    text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)[1]
    settings.BERTH_TOKEN_PEPPERS = [NEW, OLD]
    return text


def test_a_token_that_was_used_since_needs_no_older_pepper(text: str, settings: Settings) -> None:
    assert tokens.verify(text, Scope.CMDB_READ)
    settings.BERTH_TOKEN_PEPPERS = [NEW]
    assert tokens.verify(text, Scope.CMDB_READ)
    assert Entry.objects.filter(verb="hashed anew").count() == 1


def test_a_token_that_was_not_used_since_is_worthless_without_its_pepper(
    text: str, settings: Settings
) -> None:
    settings.BERTH_TOKEN_PEPPERS = [NEW]
    assert tokens.verify(text, Scope.CMDB_READ) is None


def test_a_wrong_secret_or_scope_hashes_nothing_anew(text: str) -> None:
    assert tokens.verify(f"{text[:-1]}{'A' if text[-1] != 'A' else 'B'}", Scope.CMDB_READ) is None
    assert tokens.verify(text, Scope.METRICS) is None
    assert MachineToken.objects.get().pepper_id == peppers.name_of(OLD)


def test_a_token_from_before_peppers_had_names_fits_any_of_them(text: str) -> None:
    MachineToken.objects.update(pepper_id="")
    assert tokens.verify(text, Scope.CMDB_READ)
    assert MachineToken.objects.get().pepper_id == peppers.name_of(NEW)


def test_what_waits_for_its_use_is_known_until_it_opens_nothing(
    clock: Traveller, text: str
) -> None:
    waiting = MachineToken.objects.get()
    assert list(tokens.under_older_peppers(now())) == [waiting]
    clock.shift(timedelta(days=91))
    assert not tokens.under_older_peppers(now()).exists()


def test_a_hash_that_somebody_else_made_anew_meanwhile_is_left(text: str) -> None:
    seen = tokens.recognised(text)
    assert seen
    MachineToken.objects.update(secret_hash=F("key"))
    tokens._hash_anew(seen, text.partition(".")[2])
    assert MachineToken.objects.get().secret_hash == seen.key


def test_the_name_of_a_pepper_tells_nothing_of_it() -> None:
    assert peppers.name_of(OLD) not in {OLD[:8], peppers.name_of(NEW)}
    assert len(peppers.name_of(OLD)) == 8
