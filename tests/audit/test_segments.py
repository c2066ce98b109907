"""The stretch of the ledger that leaves with an evidence pack: where it ends, and what it shows."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from audit import chain, inspection, segments, triggers
from audit.ledger import Subject
from audit.models import Entry, Seal
from audit.sealer import seal
from tests.audit.conftest import write, write_many

MINE = Subject("Order", uuid4(), "Order 1")


@pytest.fixture
def entries(db: None) -> list[Entry]:
    """Two entries about one record, with one of others before, between and behind them."""
    written = [
        *write_many(1),
        write("submitted", subject=MINE),
        *write_many(1),
        write("ended", subject=MINE),
        *write_many(1),
    ]
    seal()
    return written


def shown(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in segments.lines(segments.of(MINE.uuid, path))]


def test_it_runs_from_the_first_entry_of_a_record_to_its_last(
    entries: list[Entry], tmp_path: Path
) -> None:
    found = segments.of(MINE.uuid, tmp_path / "none")
    assert (found.first, found.last, found.rows, found.waiting) == (2, 4, 2, 0)
    assert found.before == Seal.objects.get(seq=1).hash
    assert found.head == Seal.objects.get(seq=4).hash


def test_entries_of_other_records_are_there_as_two_hashes(
    entries: list[Entry], tmp_path: Path
) -> None:
    _, other, _ = shown(tmp_path / "none")
    assert set(other) == {"seq", "hash", "about", "content"}
    assert other["content"] == chain.content(entries[2])


def test_it_goes_on_to_the_first_anchor_behind_it(entries: list[Entry], tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    inspection.anchor(path)
    write_many(2)
    seal()
    inspection.anchor(path)
    found = segments.of(MINE.uuid, path)
    assert found.last == 5
    assert found.anchor is not None
    assert found.anchor.hash == found.head


def test_where_the_anchors_are_elsewhere_it_goes_on_as_far_as_was_anchored(
    entries: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(3)
    seal()
    inspection.anchor(tmp_path / "anchors.jsonl")
    assert segments.of(MINE.uuid, tmp_path / "none").last == 8
    monkeypatch.setattr(segments, "TAIL", 2)
    assert segments.of(MINE.uuid, tmp_path / "none").last == 6


def test_an_entry_that_waits_is_sealed_first(entries: list[Entry], tmp_path: Path) -> None:
    write("refused decision", subject=MINE)
    found = segments.of(MINE.uuid, tmp_path / "none")
    assert (found.last, found.rows, found.waiting) == (6, 3, 0)


def test_an_entry_that_cannot_be_sealed_now_stands_at_the_end(
    entries: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("refused decision", subject=MINE)
    monkeypatch.setattr(segments, "seal", lambda: 0)  # another process seals
    found = segments.of(MINE.uuid, tmp_path / "none")
    assert (found.last, found.rows, found.waiting) == (4, 3, 1)
    assert "seq" not in shown(tmp_path / "none")[-1]


def test_an_entry_that_is_sealed_or_written_meanwhile_changes_nothing_of_the_stretch(
    entries: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = write("refused decision", subject=MINE)
    monkeypatch.setattr(segments, "seal", lambda: 0)
    found = segments.of(MINE.uuid, tmp_path / "none")
    seal()
    write("refused decision", subject=MINE)
    own = [json.loads(line).get("entry") for line in segments.lines(found)]
    assert [each["id"] for each in own if each] == [entries[1].pk, entries[3].pk, last.pk]


def test_what_was_sealed_in_the_older_form_shows_no_more_than_its_hash(
    entries: list[Entry], tmp_path: Path
) -> None:
    with triggers.lifted():
        Seal.objects.update(form=Seal.Form.WHOLE)
    _, other, last = shown(tmp_path / "none")
    assert set(other) == {"seq", "hash"}
    assert last["form"] == Seal.Form.WHOLE


def test_an_entry_that_somebody_took_away_leaves_a_hole(
    entries: list[Entry], tmp_path: Path
) -> None:
    with triggers.lifted():
        Entry.objects.filter(pk=entries[2].pk).delete()
    assert set(shown(tmp_path / "none")[1]) == {"seq", "hash"}


def test_a_record_without_entries_has_an_empty_stretch(db: None, tmp_path: Path) -> None:
    found = segments.of(uuid4(), tmp_path / "none")
    assert (found.length, found.rows) == (0, 0)
    assert list(segments.lines(found)) == []
