"""Entries by who is asking, narrowed by what they look for, and with the seals that they carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from audit.models import Entry, Inspection, Seal
from portal.errors import RoleMissing


class Reader(Protocol):
    """Whoever asks; people are made in a room above this one."""

    @property
    def sees_everything(self) -> bool: ...


@dataclass(frozen=True)
class Search:
    """What entries are looked for; "" and None leave everything. Days are those of the reader."""

    person: str = ""  # an identity such as `local:alice`, or a part of a name
    verb: str = ""
    record: str = ""  # a UUID, or a part of a name
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Line:
    """An entry as it is shown: with its seal, and what changed as (field, before, after)."""

    entry: Entry
    seal: Seal | None

    @property
    def changes(self) -> list[tuple[str, object, object]]:
        """What changed, by name of the field."""
        changes = self.entry.changes.items()
        return [(field, before, after) for field, (before, after) in sorted(changes)]


@dataclass(frozen=True)
class Standing:
    """When the ledger was last anchored and last verified; None for never."""

    anchored: Inspection | None
    verified: Inspection | None


def entries_for(reader: Reader) -> QuerySet[Entry]:
    """Return the whole ledger, for operators and auditors. Raises RoleMissing for others."""
    if not reader.sees_everything:
        raise RoleMissing("Operator or Auditor")
    return Entry.objects.all()


def standing_for(reader: Reader) -> Standing:
    """Return when the ledger was looked at, and what was found. Raises RoleMissing for others."""
    entries_for(reader)
    rows = {row.kind: row for row in Inspection.objects.all()}
    return Standing(rows.get(Inspection.Kind.ANCHORED), rows.get(Inspection.Kind.VERIFIED))


def line_for(reader: Reader, uuid: UUID) -> Line:
    """Return one entry of the ledger, with its seal."""
    entry = entries_for(reader).filter(uuid=uuid).first()
    if entry is None:
        raise Http404
    return lines([entry])[0]


def entries_of(record: UUID) -> QuerySet[Entry]:
    """Return the history of one record, the latest first.

    The caller has found the record by who is asking; this asks no more.
    """
    return Entry.objects.filter(object_uuid=record).order_by("-pk")


def lines(entries: Iterable[Entry]) -> list[Line]:
    """Return entries with their seals, in the same order, by one more query."""
    shown = list(entries)
    seals = Seal.objects.filter(entry_id__in=[entry.pk for entry in shown])
    by_entry = {seal.entry_id: seal for seal in seals}
    return [Line(entry, by_entry.get(entry.pk)) for entry in shown]


def narrowed(entries: QuerySet[Entry], search: Search) -> QuerySet[Entry]:
    """Return the entries that the search leaves."""
    if search.person:
        entries = entries.filter(_person(search.person))
    if search.verb:
        entries = entries.filter(verb=search.verb)
    if search.record:
        entries = entries.filter(_record(search.record))
    if search.since:
        entries = entries.filter(at__gte=_midnight(search.since))
    if search.until:
        entries = entries.filter(at__lt=_midnight(search.until + timedelta(days=1)))
    return entries


def _person(text: str) -> Q:
    if ":" in text:  # identities are `issuer:subject`; names of people hold no colon
        return Q(actor=text)
    return Q(actor_name__icontains=text)


def _record(text: str) -> Q:
    try:
        return Q(object_uuid=UUID(text))
    except ValueError:
        return Q(object_name__icontains=text)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
