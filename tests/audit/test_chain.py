"""Verifying the chain: whatever somebody did to the rows is found and said in words."""

import hashlib
import io
import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, QuerySet

from audit import chain, triggers
from audit.models import Entry, Seal
from audit.sealer import seal
from tests.audit.conftest import write, write_many


@pytest.fixture
def entries(db: None) -> list[Entry]:
    """Four entries, sealed."""
    written = write_many(4)
    seal()
    return written


def spoilt(spoil: Callable[[], object]) -> list[str]:
    """Return what is found after somebody with power over the database did something."""
    with triggers.lifted():
        spoil()
    return chain.verify()


def row(entry: Entry) -> QuerySet[Entry]:
    return Entry.objects.filter(pk=entry.pk)


def seal_of(number: int) -> QuerySet[Seal]:
    return Seal.objects.filter(seq=number)


def test_an_untouched_ledger_holds(entries: list[Entry]) -> None:
    assert chain.verify() == []


def test_an_empty_ledger_holds(db: None) -> None:
    assert chain.verify() == []


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "local:eve"},
        {"verb": "approved"},
        {"reason": "because"},
        {"object_uuid": uuid4()},
        {"changes": {"size": ["s", "xl"]}},
        {"at": F("at") + timedelta(microseconds=1)},
        {"on_behalf_of": "local:eve"},
        {"request_id": "x"},
        {"channel": "worker"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_entry_is_found(entries: list[Entry], change: dict[str, object]) -> None:
    found = spoilt(lambda: row(entries[1]).update(**change))
    assert len(found) == 1
    assert f"Entry {entries[1].pk} " in found[0]
    assert "it was changed" in found[0]


def test_a_changed_entry_with_a_new_hash_is_found_at_the_next_seal(entries: list[Entry]) -> None:
    def forge() -> None:
        row(entries[1]).update(actor="local:eve")
        before = seal_of(1).get().hash
        seal_of(2).update(hash=chain.link(before, row(entries[1]).get()))

    assert spoilt(forge) == ["Seal 3 does not continue seal 2: one of them was changed."]


def test_a_deleted_entry_is_found(entries: list[Entry]) -> None:
    found = spoilt(lambda: row(entries[1]).delete())
    assert found == [f"Seal 2 seals entry {entries[1].pk}, which is gone."]


def test_a_gap_in_the_seals_is_found(entries: list[Entry]) -> None:
    found = spoilt(lambda: [row(entries[1]).delete(), seal_of(2).delete()])
    assert found == ["Seal 3 follows seal 1: what stood between them is gone."]


def test_a_seal_taken_away_from_the_end_leaves_an_entry_without_one(entries: list[Entry]) -> None:
    found = spoilt(lambda: seal_of(4).delete())
    assert len(found) == 1
    assert "has no seal and does not wait for one" in found[0]


def test_a_ledger_that_begins_later_is_found(entries: list[Entry]) -> None:
    found = spoilt(lambda: [row(entries[0]).delete(), seal_of(1).delete()])
    assert found == ["Seal 2 follows seal 0: what stood between them is gone."]


def test_swapped_seals_are_found(entries: list[Entry]) -> None:
    def swap() -> None:
        seal_of(2).update(entry_id=-1)
        seal_of(3).update(entry_id=entries[1].pk)
        seal_of(2).update(entry_id=entries[2].pk)

    assert len(spoilt(swap)) == 2


def test_a_seal_older_than_the_one_before_is_found(entries: list[Entry]) -> None:
    found = spoilt(lambda: seal_of(3).update(sealed_at=F("sealed_at") - timedelta(hours=1)))
    assert found == ["Seal 3 is older than seal 2 in front of it."]


def test_an_entry_slipped_in_beside_the_ledger_is_found(entries: list[Entry]) -> None:
    Entry.objects.create(actor="x", actor_name="x", channel="web", verb="x", object_uuid=uuid4())
    assert "does not wait for one" in chain.verify()[0]


def test_an_entry_deleted_before_it_was_sealed_is_found(entries: list[Entry]) -> None:
    waiting = write()
    assert spoilt(lambda: row(waiting).delete()) == [
        f"Entry {waiting.pk} is gone before it was sealed."
    ]


def test_an_entry_deleted_before_it_was_sealed_holds_up_no_other(entries: list[Entry]) -> None:
    with triggers.lifted():
        row(write()).delete()
    write()
    assert seal(1) == 1


def test_entries_that_wait_for_their_seal_are_no_finding(entries: list[Entry]) -> None:
    write()
    assert chain.verify() == []
    assert chain.state().waiting == 1


def test_findings_end_somewhere(db: None) -> None:
    write_many(120)
    seal()
    assert len(spoilt(lambda: Entry.objects.update(actor="local:eve"))) == chain.MOST_FINDINGS


def test_the_command_tells_the_head_of_a_ledger_that_holds(entries: list[Entry]) -> None:
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue().startswith("The ledger holds: 4 entries sealed, 0 waiting for a seal")
    assert seal_of(4).get().hash in out.getvalue()


def test_the_command_fails_and_tells_what_is_wrong(entries: list[Entry]) -> None:
    spoilt(lambda: row(entries[1]).update(actor="local:eve"))
    out = io.StringIO()
    with pytest.raises(CommandError, match="The ledger does not hold") as failure:
        call_command("verify_audit", stdout=out)
    assert failure.value.returncode == 1
    assert f"Entry {entries[1].pk} " in out.getvalue()


def test_a_hash_is_over_the_previous_hash_the_record_and_the_sorted_json_of_the_entry(
    entries: list[Entry],
) -> None:
    text = chain.canonical(entries[1])
    assert (
        text
        == json.dumps(
            json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
    )
    first, second = seal_of(1).get(), seal_of(2).get()
    about = hashlib.sha256(str(entries[1].object_uuid).encode()).hexdigest()
    content = hashlib.sha256(text).hexdigest()
    assert second.hash == hashlib.sha256((first.hash + about + content).encode()).hexdigest()


def test_a_seal_of_the_older_form_still_holds(entries: list[Entry]) -> None:
    """Processes of the version before seal like this until they are gone."""

    def as_before() -> None:
        before = seal_of(3).get().hash
        text = chain.canonical(row(entries[3]).get())
        old = hashlib.sha256(before.encode() + text).hexdigest()
        seal_of(4).update(hash=old, form=Seal.Form.WHOLE)

    assert spoilt(as_before) == []
    assert "it was changed" in spoilt(lambda: row(entries[3]).update(reason="because"))[0]
