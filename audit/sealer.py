"""Seals entries: puts each behind the last one, so that nothing before it can be changed unseen.

The sweeper calls `seal`, and whoever makes an evidence pack, so that little in it waits for a seal.
"""

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef

from audit import chain
from audit.models import Entry, Seal, Unsealed

LIMIT = 500
LOCK = 7236451108  # any number that nobody else in this database locks by


def seal(limit: int = LIMIT) -> int:
    """Seal what waits, the oldest first, and return how many entries that were.

    One transaction at a time does this, whatever number of processes try: the others seal nothing
    and find the rest next time. An entry that commits late is sealed late, but never skipped.
    """
    if not Unsealed.objects.exists():  # SQLite's one lock for writers is not taken for nothing
        return 0
    try:
        with transaction.atomic(durable=True):
            return _seal(limit) if _alone() else 0
    except IntegrityError:  # another process took the next number
        return 0


def _alone() -> bool:
    """Say whether no other process seals. SQLite lets in one writer at a time anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _seal(limit: int) -> int:
    there = Exists(Entry.objects.filter(pk=OuterRef("entry_id")))
    waiting = Unsealed.objects.filter(there).order_by("entry_id").values_list("entry_id", flat=True)
    entries = Entry.objects.filter(pk__in=list(waiting[:limit])).order_by("pk")
    last = Seal.objects.order_by("-seq").first()
    number, previous_hash = (last.seq, last.hash) if last else (0, chain.GENESIS)
    seals = []
    for entry in entries:
        number += 1
        hash_ = chain.link(previous_hash, entry)
        seals.append(Seal(seq=number, entry_id=entry.pk, previous_hash=previous_hash, hash=hash_))
        previous_hash = hash_
    Seal.objects.bulk_create(seals)
    Unsealed.objects.filter(entry_id__in=[each.entry_id for each in seals]).delete()
    return len(seals)
