"""The chain of seals: how a link is made, and whether the whole of it still holds."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from audit.models import Entry, Seal, Unsealed

GENESIS = "0" * 64  # what the first seal follows
CLOCKS_APART = timedelta(minutes=5)  # how far clocks of several machines may differ
BATCH = 1000
MOST_FINDINGS = 100


@dataclass(frozen=True)
class State:
    """What a check of the ledger found: entries sealed, entries waiting, the head, and findings."""

    sealed: int
    waiting: int
    head: str  # hash of the last seal; "" for an empty ledger
    findings: list[str]


def columns(entry: Entry) -> dict[str, Any]:
    """Return all columns of an entry as JSON has them."""
    return {
        "id": entry.pk,
        "uuid": str(entry.uuid),
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "actor_name": entry.actor_name,
        "on_behalf_of": entry.on_behalf_of,
        "channel": entry.channel,
        "request_id": entry.request_id,
        "verb": entry.verb,
        "object_class": entry.object_class,
        "object_uuid": str(entry.object_uuid),
        "object_name": entry.object_name,
        "reason": entry.reason,
        "changes": entry.changes,
    }


def canonical(entry: Entry) -> bytes:
    """Return the JSON of an entry that its hash is over: all columns, sorted, without spaces."""
    return canonical_json(columns(entry))


def canonical_json(value: Any) -> bytes:
    """Return JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def about(record: UUID) -> str:
    """Return the part of a link that says which record the entry is about, and nothing else."""
    return hashlib.sha256(str(record).encode()).hexdigest()


def content(entry: Entry) -> str:
    """Return the part of a link that stands for the entry itself."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def link(previous_hash: str, entry: Entry, form: int = Seal.Form.PARTED) -> str:
    """Return the hash of the seal that puts an entry behind the seal with `previous_hash`.

    A link of two parts can be followed by somebody who may not read the entry, and who sees all the
    same that it is not about a record of theirs.
    """
    if form == Seal.Form.WHOLE:
        return hashlib.sha256(previous_hash.encode() + canonical(entry)).hexdigest()
    parts = previous_hash + about(entry.object_uuid) + content(entry)
    return hashlib.sha256(parts.encode()).hexdigest()


def verify() -> list[str]:
    """Read the whole ledger and return what is wrong with it in words; nothing means it holds."""
    return state().findings


def state() -> State:
    """Read the whole ledger and return how it stands, with at most MOST_FINDINGS findings."""
    last = Seal.objects.order_by("-seq").first()
    findings = [*islice(_findings(), MOST_FINDINGS)]
    return State(
        sealed=Seal.objects.count(),
        waiting=Unsealed.objects.count(),
        head=last.hash if last else "",
        findings=findings,
    )


def _findings() -> Iterator[str]:
    yield from _broken_links()
    yield from _never_sealed()
    yield from _gone_while_waiting()


def _broken_links() -> Iterator[str]:
    before = None
    for seal, entry in _pairs():
        yield from _against(seal, before)
        yield from _content(seal, entry)
        before = seal


def _pairs() -> Iterator[tuple[Seal, Entry | None]]:
    seals = Seal.objects.order_by("seq").iterator(chunk_size=BATCH)
    while batch := list(islice(seals, BATCH)):
        entries = Entry.objects.in_bulk([seal.entry_id for seal in batch])
        for seal in batch:
            yield seal, entries.get(seal.entry_id)


def _against(seal: Seal, before: Seal | None) -> Iterable[str]:
    """Compare a seal with the one in front of it."""
    number, previous_hash = (before.seq, before.hash) if before else (0, GENESIS)
    if seal.seq != number + 1:
        yield f"Seal {seal.seq} follows seal {number}: what stood between them is gone."
    elif seal.previous_hash != previous_hash:
        yield f"Seal {seal.seq} does not continue seal {number}: one of them was changed."
    if before and seal.sealed_at < before.sealed_at - CLOCKS_APART:
        yield f"Seal {seal.seq} is older than seal {number} in front of it."


def _content(seal: Seal, entry: Entry | None) -> Iterable[str]:
    """Compare a seal with the entry that it seals."""
    if entry is None:
        yield f"Seal {seal.seq} seals entry {seal.entry_id}, which is gone."
    elif link(seal.previous_hash, entry, seal.form) != seal.hash:
        yield f"Entry {entry.pk} ({entry}) is not what seal {seal.seq} sealed: it was changed."


def _never_sealed() -> Iterator[str]:
    sealed = Exists(Seal.objects.filter(entry_id=OuterRef("pk")))
    waits = Exists(Unsealed.objects.filter(entry_id=OuterRef("pk")))
    for entry in Entry.objects.exclude(sealed | waits).order_by("pk").iterator(chunk_size=BATCH):
        yield f"Entry {entry.pk} ({entry}) has no seal and does not wait for one."


def _gone_while_waiting() -> Iterator[str]:
    there = Exists(Entry.objects.filter(pk=OuterRef("entry_id")))
    for waiting in Unsealed.objects.exclude(there).order_by("pk").iterator(chunk_size=BATCH):
        yield f"Entry {waiting.pk} is gone before it was sealed."
