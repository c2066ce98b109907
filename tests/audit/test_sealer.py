"""Sealing: every entry once, one after another, by one process at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from audit import chain
from audit.models import Entry, Seal, Unsealed
from audit.sealer import seal
from tests.audit.conftest import write, write_many


def sealed() -> list[int]:
    """Return the sealed entries in order of their seals."""
    return list(Seal.objects.order_by("seq").values_list("entry_id", flat=True))


def seal_elsewhere() -> int:
    """Seal on a connection of its own, as another process would."""

    def work() -> int:
        try:
            return seal()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(timeout=5)


def test_entries_are_sealed_in_order_and_once(db: None) -> None:
    entries = write_many(3)
    assert seal() == 3
    assert seal() == 0
    assert sealed() == [entry.pk for entry in entries]
    assert list(Seal.objects.values_list("seq", flat=True)) == [1, 2, 3]


def test_each_seal_holds_the_hash_of_the_one_before(db: None) -> None:
    write_many(2)
    seal()
    first, second = Seal.objects.order_by("seq")
    assert first.previous_hash == chain.GENESIS
    assert second.previous_hash == first.hash != second.hash


def test_a_round_seals_no_more_than_its_limit_and_the_next_goes_on(db: None) -> None:
    write_many(5)
    assert [seal(2), seal(2), seal(2), seal(2)] == [2, 2, 1, 0]
    assert chain.verify() == []


def test_an_entry_that_commits_late_is_sealed_late_and_not_skipped(db: None) -> None:
    late, early = write(), write()
    Unsealed.objects.filter(entry_id=late.pk).delete()  # its transaction has not committed yet
    seal()
    Unsealed.objects.create(entry_id=late.pk)
    seal()
    assert sealed() == [early.pk, late.pk]
    assert chain.verify() == []


@pytest.mark.django_db(transaction=True)
def test_an_entry_whose_transaction_is_open_is_left_for_later() -> None:
    with transaction.atomic():
        write()
        assert seal_elsewhere() == 0
    assert seal_elsewhere() == 1


@pytest.mark.django_db(transaction=True)
def test_many_sealers_at_once_make_one_chain_without_gaps() -> None:
    def seal_until_done() -> None:
        try:
            while Unsealed.objects.exists():
                seal(3)
        finally:
            connections.close_all()

    write_many(40)
    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(seal_until_done) for _ in range(4)]:
            running.result()
    assert Seal.objects.count() == Entry.objects.count() == 40
    assert chain.verify() == []


def test_a_sealer_that_loses_the_next_number_gives_up_quietly(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(2)
    seal(1)
    winner = Seal.objects.get()
    monkeypatch.setattr(chain, "link", _outrun(winner))
    assert seal() == 0
    assert Unsealed.objects.count() == 1


def _outrun(winner: Seal) -> Callable[[str, Entry], str]:
    """Return a `link` during which another process takes the next number."""

    def link(previous_hash: str, entry: Entry) -> str:
        Seal.objects.create(
            seq=winner.seq + 1, entry_id=entry.pk, previous_hash=previous_hash, hash="f" * 64
        )
        return "f" * 64

    return link


@pytest.mark.django_db(transaction=True)
def test_sealing_inside_a_business_transaction_is_refused() -> None:
    write()
    with pytest.raises(RuntimeError), transaction.atomic():
        seal()
    assert not Seal.objects.exists()


@pytest.mark.postgresql
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer anyway")
@pytest.mark.django_db(transaction=True)
def test_while_another_process_seals_this_one_does_not_wait() -> None:
    write()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7236451108)")
        assert seal_elsewhere() == 0
    assert seal_elsewhere() == 1
