"""The stretch of the chain that proves which entries are about a record, and that none is missing.

It runs from the first of them to the last, and on to where an anchor falls. Entries about other
records are reduced to the two parts of their links (`chain.link`): who reads it sees that they are
of others, and nothing of what they say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from audit import anchors, chain
from audit.anchors import Anchor
from audit.models import Entry, Inspection, Seal, Unsealed
from audit.sealer import seal

BATCH = 1000
TAIL = 1000  # seals behind the last entry, where it is not known which of them were anchored
ROUNDS = 20  # of the sealer, before entries are shown as waiting


@dataclass(frozen=True)
class Segment:
    """Where a stretch begins and ends; `rows` counts the entries about the record."""

    record: UUID
    first: int
    last: int
    before: str  # the hash that the first seal continues
    head: str  # the hash of the last seal
    rows: int  # those that wait for a seal among them
    waits: tuple[int, ...]  # the keys of those
    anchor: Anchor | None  # the first at the end or behind it

    @property
    def length(self) -> int:
        """How many seals it has."""
        return self.last - self.first + 1

    @property
    def waiting(self) -> int:
        """How many entries wait for a seal."""
        return len(self.waits)


def of(record: UUID, path: Path) -> Segment:
    """Return the stretch of a record. `path` is where the anchors are; there may be none.

    Call it outside a transaction: entries of the record that wait are sealed first.
    """
    for _ in range(ROUNDS):
        if not _waiting(record).exists() or not seal():
            break
    own = Seal.objects.filter(entry_id__in=_about(record).values("pk"))
    found = own.aggregate(first=Min("seq"), last=Max("seq"))
    if found["last"] is None:
        waits = _unsealed(record, 0)
        return Segment(record, 1, 0, "", "", len(waits), waits, None)
    anchor = _anchor(path, found["last"])
    end = anchor.seq if anchor else _end(found["last"])
    ends = Seal.objects.in_bulk([found["first"], end])
    first, last = ends[min(ends)], ends[max(ends)]
    waits = _unsealed(record, last.seq)
    rows = own.filter(seq__lte=last.seq).count() + len(waits)
    return Segment(record, first.seq, last.seq, first.previous_hash, last.hash, rows, waits, anchor)


def _about(record: UUID) -> QuerySet[Entry]:
    return Entry.objects.filter(object_uuid=record).order_by("pk")


def _waiting(record: UUID) -> QuerySet[Entry]:
    return _about(record).filter(Exists(Unsealed.objects.filter(entry_id=OuterRef("pk"))))


def _unsealed(record: UUID, end: int) -> tuple[int, ...]:
    """Return the keys of entries without a seal up to `end`: each is in the stretch, or is here.

    The sealer goes on meanwhile, so what waits now may have a seal behind the end in a moment.
    """
    sealed = Seal.objects.filter(entry_id=OuterRef("pk"), seq__lte=end)
    return tuple(_about(record).filter(~Exists(sealed)).values_list("pk", flat=True))


def _anchor(path: Path, seq: int) -> Anchor | None:
    """Return the first anchor at this seal or behind it whose seal is what was anchored."""
    if not path.exists():
        return None
    behind = (each.anchor for each in anchors.lines(path) if each.anchor and each.anchor.seq >= seq)
    found = next(behind, None)
    if found and Seal.objects.filter(seq=found.seq, hash=found.hash).exists():
        return found
    return None


def _end(last: int) -> int:
    """Return how far to go where the anchors are not at hand, as in most web processes.

    Anchors are minutes apart: one falls among the next TAIL seals, if anything was anchored there.
    """
    row = Inspection.objects.filter(kind=Inspection.Kind.ANCHORED).first()
    return max(last, min(row.seq, last + TAIL)) if row else last


def lines(segment: Segment) -> Iterator[bytes]:
    """Yield the stretch as lines of JSON, as `audit/offline/verify.py` reads them."""
    stretch = Seal.objects.filter(seq__range=(segment.first, segment.last)).order_by("seq")
    seals = stretch.iterator(chunk_size=BATCH)
    while batch := list(islice(seals, BATCH)):
        entries = Entry.objects.in_bulk([each.entry_id for each in batch])
        for each in batch:
            yield _line(_row(each, entries.get(each.entry_id), segment.record))
    for entry in _about(segment.record).filter(pk__in=segment.waits):
        yield _line({"entry": chain.columns(entry)})


def _row(seal: Seal, entry: Entry | None, record: UUID) -> dict[str, Any]:
    """Return what is shown of a seal: the entry where it is about the record, or only its parts."""
    shown: dict[str, Any] = {"seq": seal.seq, "hash": seal.hash}
    if entry is None:  # somebody took it away: the hole is shown, and `verify_audit` tells of it
        return shown
    if entry.object_uuid == record:
        return {**shown, "form": seal.form, "entry": chain.columns(entry)}
    if seal.form == Seal.Form.WHOLE:
        return shown
    return {**shown, "about": chain.about(entry.object_uuid), "content": chain.content(entry)}


def _line(row: dict[str, Any]) -> bytes:
    return chain.canonical_json(row) + b"\n"
