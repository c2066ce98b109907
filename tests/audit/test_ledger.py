"""What an entry keeps, and what it hides."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from time_machine import Traveller

from audit import ledger
from audit.ledger import MASK, Origin, Subject
from audit.models import Entry, Touched, Unsealed
from portal.clock import now
from tests.audit.conftest import ADA, BASKET, write


def test_an_entry_tells_who_did_what_to_which_record_and_why(db: None) -> None:
    entry = write("renamed", reason="merger", changes={"name": ("Basket", "Cart")})
    entry.refresh_from_db()
    assert (entry.actor, entry.actor_name, entry.verb) == ("local:ada", "Ada", "renamed")
    assert (entry.object_class, entry.object_name) == ("Application", "retail/basket")
    assert (entry.reason, entry.changes) == ("merger", {"name": ["Basket", "Cart"]})


def test_values_of_secrets_are_hidden_and_their_coming_and_going_is_not(db: None) -> None:
    changes = {"api_token": (None, "s3cret"), "Password": ("old", "new"), "size": ("s", "m")}
    entry = write(changes=changes)
    assert entry.changes == {
        "api_token": [None, MASK],
        "Password": [MASK, MASK],
        "size": ["s", "m"],
    }


def test_values_that_json_does_not_know_are_kept_as_text(db: None) -> None:
    entry = write(changes={"owner": (None, uuid4()), "count": (1, 2), "on": (True, None)})
    entry.refresh_from_db()
    assert isinstance(entry.changes["owner"][1], str)
    assert entry.changes["count"] == [1, 2]
    assert entry.changes["on"] == [True, None]


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        ledger.note("changed", BASKET, by=ADA)
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_with_the_transaction_that_fails() -> None:
    def act() -> None:
        with transaction.atomic():
            ledger.note("changed", BASKET, by=ADA)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    assert not Entry.objects.exists()
    assert not Unsealed.objects.exists()
    assert not Touched.objects.exists()


def test_an_entry_says_where_it_came_from(db: None) -> None:
    with ledger.coming_from(Origin("web", "abc")):
        entry = write()
    assert (entry.channel, entry.request_id) == ("web", "abc")
    assert write().channel == "command"


def test_every_record_that_was_touched_is_written_down_with_whose_it_was(db: None) -> None:
    before, after = uuid4(), uuid4()
    moved = Subject("Application", uuid4(), "basket", before, after)
    entry = write("moved", subject=moved, also=[BASKET])
    rows = Touched.objects.filter(entry_id=entry.pk).order_by("pk")
    assert [(row.object_uuid, row.tenant_before, row.tenant_after) for row in rows] == [
        (moved.uuid, before, after),
        (BASKET.uuid, None, None),
    ]


def test_what_was_touched_is_forgotten_after_a_while_and_entries_are_not(
    db: None, clock: Traveller
) -> None:
    write()
    clock.shift(timedelta(days=31))
    late = write()
    assert ledger.forget_touched(now() - timedelta(days=30)) == 1
    assert Touched.objects.get().entry_id == late.pk
    assert Entry.objects.count() == 2


def test_a_nul_in_foreign_text_stops_no_entry(db: None) -> None:
    entry = write(reason="a\0b", changes={"note": (None, "c\0d")})
    entry.refresh_from_db()
    assert "\0" not in f"{entry.reason}{entry.changes}"


def test_names_longer_than_their_columns_are_cut(db: None) -> None:
    subject = Subject("Service", uuid4(), "n" * 300)
    entry = write(subject=subject, by=ledger.Actor("local:ada", "A" * 300))
    entry.refresh_from_db()
    assert (len(entry.object_name), len(entry.actor_name)) == (253, 200)
