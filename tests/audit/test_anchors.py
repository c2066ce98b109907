"""Anchors: what a person with all rights in the database did is found beside the anchor file.

Each of them lifts the triggers first, as that person would, and makes the chain hold again.
"""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from time_machine import Traveller

from accounts.models import User
from audit import anchoring, anchors, chain, inspection, triggers
from audit.models import Entry, Inspection, Seal, Unsealed
from audit.sealer import seal
from portal.clock import now
from tests.audit.conftest import write, write_many
from tests.make import browser_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(db: None, tmp_path: Path, settings: Settings, clock: Traveller) -> Path:
    """Four sealed entries and their anchor, then four more and theirs; the file of both."""
    settings.BERTH_AUDIT_ANCHORS = path = tmp_path / "far" / "anchors.jsonl"
    for _ in range(2):
        write_many(4)
        seal()
        inspection.anchor(path)
        clock.shift(timedelta(hours=1))
    return path


def entry_of(number: int) -> Entry:
    """Return the entry that the seal of this number seals."""
    return Entry.objects.get(pk=Seal.objects.get(seq=number).entry_id)


def sealed_anew(spoil: Callable[[], object]) -> None:
    """Do something to the rows and seal the whole ledger again, so that its chain holds."""
    with triggers.lifted():
        spoil()
        Seal.objects.all().delete()
        Unsealed.objects.all().delete()
        waiting = Entry.objects.values_list("pk", flat=True)
        Unsealed.objects.bulk_create(Unsealed(entry_id=pk) for pk in waiting)
        seal()
    assert chain.verify() == []


def verified(path: Path) -> str:
    """Run the command on a ledger that does not hold and return what it says."""
    out = io.StringIO()
    with pytest.raises(CommandError, match="The ledger does not hold"):
        call_command("verify_audit", anchors=path, stdout=out)
    return out.getvalue()


def held(path: Path) -> str:
    """Run the command on a ledger that holds and return what it says."""
    out = io.StringIO()
    call_command("verify_audit", anchors=path, stdout=out)
    return out.getvalue()


def test_an_untouched_ledger_agrees_with_its_anchors(file: Path) -> None:
    assert (
        "It agrees with 2 anchors; the newest is of 2026-11-23T10:00:00+00:00, up to seal 8."
        in (held(file))
    )


def test_what_came_after_the_newest_anchor_is_no_finding(file: Path) -> None:
    write_many(3)
    seal()
    assert "up to seal 8" in held(file)


def test_an_update_is_found_though_everything_was_sealed_anew(file: Path) -> None:
    spoilt = entry_of(6)
    sealed_anew(lambda: Entry.objects.filter(pk=spoilt.pk).update(actor="local:eve"))
    said = verified(file)
    first, last = entry_of(5).pk, entry_of(8).pk
    assert "Seal 8 is not the one that was anchored at 2026-11-23T10:00:00+00:00" in said
    assert f"among entries {first} to {last} (seals 5 to 8)" in said
    assert "Up to seal 4, anchored at 2026-11-23T09:00:00+00:00, the ledger is as it was." in said
    assert "Compare these entries with the newest backup that is older than that time." in said


def test_an_update_that_nobody_sealed_anew_is_found_and_names_the_entry(file: Path) -> None:
    spoilt = entry_of(6)
    with triggers.lifted():
        Entry.objects.filter(pk=spoilt.pk).update(actor="local:eve")
    assert f"Entry {spoilt.pk} " in verified(file)


def test_a_deletion_is_found_though_everything_was_sealed_anew(file: Path) -> None:
    spoilt = entry_of(2)
    sealed_anew(Entry.objects.filter(pk=spoilt.pk).delete)
    said = verified(file)
    assert "Seal 4 is not the one that was anchored" in said
    assert "No anchor vouches for anything before." in said


def test_an_insertion_in_between_is_found_though_everything_was_sealed_anew(file: Path) -> None:
    third = entry_of(3)

    def put_in() -> None:
        later = Entry.objects.filter(pk__gte=third.pk).order_by("-pk")
        copies = [(entry, entry.pk + 1) for entry in later]
        later.delete()
        for entry, number in reversed(copies):
            entry.pk = number
            entry.save(force_insert=True)
        third.pk, third.verb, third.uuid = copies[-1][1] - 1, "approved", third.object_uuid
        third.save(force_insert=True)

    sealed_anew(put_in)
    assert "Seal 4 is not the one that was anchored" in verified(file)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_truncation_of_the_newest_links_is_found(file: Path, count: int) -> None:
    kept = 8 - count
    with triggers.lifted():
        taken = Seal.objects.filter(seq__gt=kept)
        Entry.objects.filter(pk__in=[each.entry_id for each in taken]).delete()
        taken.delete()
    assert chain.verify() == []
    said = verified(file)
    assert "is gone. Either somebody took it away, or an older backup was restored." in said
    assert f"The ledger ends at seal {kept}, but seal {8 if kept >= 4 else 4} was anchored" in said


def test_a_truncation_that_new_entries_cover_up_is_found(file: Path) -> None:
    with triggers.lifted():
        taken = Seal.objects.filter(seq__gt=6)
        Entry.objects.filter(pk__in=[each.entry_id for each in taken]).delete()
        taken.delete()
    write_many(5)
    seal()
    assert chain.verify() == []
    assert "(seals 5 to 8)" in verified(file)


def test_the_same_entries_in_another_order_are_found(file: Path) -> None:
    with triggers.lifted():
        Seal.objects.all().delete()
        for entries in (Entry.objects.order_by("-pk")[:4], Entry.objects.order_by("pk")[:4]):
            Unsealed.objects.bulk_create(Unsealed(entry_id=entry.pk) for entry in entries)
            seal()
    assert chain.verify() == []
    assert "Seal 4 is not the one that was anchored" in verified(file)


def test_nothing_more_is_anchored_once_the_ledger_was_rewritten(file: Path, audra: User) -> None:
    kept = file.read_bytes()
    sealed_anew(lambda: Entry.objects.filter(pk=entry_of(6).pk).update(actor="local:eve"))
    write()
    with pytest.raises(CommandError, match="no longer continues what was anchored"):
        call_command("anchor_audit")
    assert file.read_bytes() == kept
    assert "no longer continues what was anchored" in browser_of(audra).get("/audit/").text


def test_a_file_of_another_installation_is_told_from_a_rewritten_ledger(
    file: Path, settings: Settings
) -> None:
    theirs = file.with_name("theirs.jsonl")
    own, settings.BERTH_FIELD_KEYS = settings.BERTH_FIELD_KEYS, ["somebody else's" * 4]
    draft = anchors.Anchor(5, "a" * 64, "b" * 64, "2026-11-23T09:00:00+00:00", "2026-11-23T09:00")
    with anchors.alone(theirs) as there:
        there.append(draft)
    settings.BERTH_FIELD_KEYS = own
    said = verified(theirs)
    assert "The anchor file belongs to another installation" in said
    assert "Seal 5 is not" not in said


def test_a_line_that_somebody_wrote_without_the_key_is_found(file: Path) -> None:
    spoilt = entry_of(6)
    sealed_anew(lambda: Entry.objects.filter(pk=spoilt.pk).update(actor="local:eve"))
    first, second = file.read_text().splitlines()
    forged = {**json.loads(second), "hash": Seal.objects.get(seq=8).hash}
    file.write_text(f"{first}\n{json.dumps(forged)}\n")
    assert "Line 2 of the anchor file was changed" in verified(file)


def test_a_new_key_signs_anew_and_the_old_lines_still_count(file: Path, settings: Settings) -> None:
    settings.BERTH_FIELD_KEYS = ["n" * 40, *settings.BERTH_FIELD_KEYS]
    call_command("anchor_audit")
    settings.BERTH_FIELD_KEYS = ["n" * 40]
    assert "It agrees with 3 anchors" in held(file)


def test_a_file_that_only_a_retired_key_signed_vouches_for_nothing(
    file: Path, settings: Settings
) -> None:
    settings.BERTH_FIELD_KEYS = ["n" * 40]
    assert "Put that key at the end of BERTH_FIELD_KEYS" in verified(file)


def test_an_anchor_is_written_once_a_seal_and_no_more_often_than_asked(
    file: Path, clock: Traveller
) -> None:
    assert not inspection.anchor(file).is_written
    write()
    seal()
    clock.shift(timedelta(minutes=-58))
    assert not inspection.anchor(file, every=timedelta(minutes=5)).is_written
    clock.shift(timedelta(minutes=3))
    assert inspection.anchor(file, every=timedelta(minutes=5)).is_written
    assert len(file.read_text().splitlines()) == 3


def test_a_torn_last_line_is_told_and_the_rest_counts(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    said = held(file)
    assert "The last line is not whole" in said
    assert "It agrees with 1 anchors" in said


def test_after_a_torn_line_the_next_anchor_stands_on_a_line_of_its_own(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])
    call_command("anchor_audit")
    said = held(file)
    assert "Line 2 cannot be read" in said
    assert (
        "It agrees with 2 anchors; the newest is of 2026-11-23T11:00:00+00:00, up to seal 8" in said
    )


@pytest.mark.django_db
def test_a_writer_that_is_killed_half_way_leaves_a_readable_file(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.audit.endless_anchors", str(path)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},  # noqa: TID251 - handed on
        stdout=subprocess.PIPE,
    )
    assert writer.stdout
    writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    there = list(anchors.lines(path))
    assert [line.number for line in there if line.anchor is None and not line.is_torn] == []
    with anchors.alone(path) as file:
        newest = file.newest()
    assert newest
    assert newest.seq >= 20


def test_an_anchor_file_that_vanished_is_found(file: Path) -> None:
    file.unlink()
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", stdout=out)
    assert "is missing, although seal 8 was anchored at 2026-11-23 10:00 UTC" in out.getvalue()


def test_an_older_copy_of_the_file_is_told(file: Path) -> None:
    copy = file.with_name("copy.jsonl")
    copy.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    assert "The portal has anchored up to seal 8, and this file ends at seal 4" in held(copy)


def test_a_ledger_that_was_never_anchored_says_what_that_means(db: None, tmp_path: Path) -> None:
    write()
    seal()
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert "Nothing was anchored yet" in out.getvalue()


def test_a_file_that_was_named_and_is_not_there_is_no_success(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        call_command("verify_audit", anchors=tmp_path / "none")


def test_a_file_that_cannot_be_written_is_told_to_people(
    db: None, tmp_path: Path, settings: Settings, audra: User
) -> None:
    settings.BERTH_AUDIT_ANCHORS = tmp_path  # a folder
    write()
    seal()
    inspection.anchor_due()
    assert "The anchor file cannot be written" in browser_of(audra).get("/audit/").text


def test_the_sweeper_verifies_once_a_day_whoever_asks(file: Path, clock: Traveller) -> None:
    inspection.verify_due()
    looked = Inspection.objects.get(kind="verified").at
    clock.shift(timedelta(hours=23))
    inspection.verify_due()
    assert Inspection.objects.get(kind="verified").at == looked
    clock.shift(timedelta(hours=2))
    inspection.verify_due()
    assert Inspection.objects.get(kind="verified").at == now()


def test_the_page_says_when_the_ledger_was_anchored_and_verified(file: Path, audra: User) -> None:
    assert "not verified yet" in browser_of(audra).get("/audit/").text
    held(file)
    page = browser_of(audra).get("/audit/").text
    for words in ("Anchored outside the database", "up to seal 8", "verified", "8 entries"):
        assert words in page


def test_the_page_says_that_the_ledger_does_not_hold(file: Path, audra: User) -> None:
    sealed_anew(lambda: Entry.objects.filter(pk=entry_of(6).pk).update(actor="local:eve"))
    inspection.verify_due()
    page = browser_of(audra).get("/audit/").text
    assert "The ledger does not hold" in page
    assert "Seal 8 is not the one that was anchored" in page


def test_anchors_of_many_batches_are_all_compared(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchoring, "BATCH", 1)
    assert "It agrees with 2 anchors" in held(file)
