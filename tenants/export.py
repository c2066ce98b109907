"""The services of the record as one stream, NDJSON or CSV, in constant memory.

Three cursors run side by side, in order of the service: services, their placements, their
destinations. However many services there are, the number of queries is the same.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

from accounts import lookups as door
from tenants import matrix, reviews
from tenants.eligibility import Matrix, Place
from tenants.lifecycle import CSDM, LIVE, Lifecycle
from tenants.models import Placement, Service

Entry = dict[str, Any]

READING = "reading"  # the alias for long reads, where the settings have one
CHUNK = 500  # rows fetched at a time
# a cell that begins so is run by a spreadsheet; some read the wide signs like the others
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LIST_SEPARATOR = "; "


@contextmanager
def long_read() -> Iterator[str]:
    """Give the alias of a connection on which all statements see the same moment.

    On SQLite that is a read-only one of its own, whose deferred transaction never holds the
    writer's lock. Inside a transaction it is the caller's, so that it sees its own writes.
    """
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        yield DEFAULT_DB_ALIAS
        return
    alias = READING if READING in connections.settings else DEFAULT_DB_ALIAS
    with transaction.atomic(using=alias):
        if connections[alias].vendor == "postgresql":
            with connections[alias].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield alias


# What a line has, and where it stands; plain columns, as making objects would take twice as long
SERVICE = {
    "uuid": "uuid",
    "tenant": "application__tenant__slug",
    "tenant_uuid": "application__tenant__uuid",
    "application": "application__slug",
    "application_uuid": "application__uuid",
    "application_name": "application__name",
    "reference": "application__reference",
    "environment": "environment_id",
    "region": "region",
    "owner": "owner__username",
    "owner_name": "owner_name",
    "support_group": "support",
    "cost_centre": "application__cost_centre",
    "criticality": "application__criticality",
    "classification": "application__classification",
    "size": "size_id",
    "scaffold": "scaffold",
    "repository_url": "application__repository_url",
    "lifecycle": "lifecycle",
    "review_due": "review_due",
    "review_overdue": "review_overdue",
    "owner_left": "owner_left",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "version": "version",
}
PLACEMENT = {
    "uuid": "uuid",
    "cluster": "cluster__slug",
    "namespace": "namespace",
    "control_namespace": "flux_namespace",
    "name": "name",
    "lifecycle": "lifecycle",
    "revision": "revision",
    "live_at": "live_at",
}


def entries(services: QuerySet[Service]) -> Iterator[Entry]:
    """Yield each service with all that hangs on it, in the order in which services were made."""
    with long_read() as alias:
        rows = services.using(alias).select_related(None).prefetch_related(None).order_by("pk")
        placements = Following(_placements(rows, alias))
        destinations = Following(_destinations(rows, alias))
        rules = matrix.in_force(alias)
        for key, *columns in _services(rows):
            entry = _with_stage(dict(zip(SERVICE, columns, strict=True)))
            entry["destinations"] = [slug for _, slug in destinations.of(key)]
            entry["placements"] = [_placement(each, rules) for each in placements.of(key)]
            entry["eligible"] = _all_of(each["eligible"] for each in entry["placements"])
            yield entry


def _services(rows: QuerySet[Service]) -> Iterator[tuple[Any, ...]]:
    full_name = Trim(Concat("owner__first_name", Value(" "), "owner__last_name"))
    named = rows.annotate(
        owner_name=Coalesce(NullIf(full_name, Value("")), "owner__username"),
        support=Coalesce(
            NullIf("application__support_group", Value("")), "application__tenant__support_group"
        ),
        review_overdue=Case(When(reviews.overdue(), then=True), default=False),
        owner_left=door.left("owner"),
    )
    return named.values_list("pk", *SERVICE.values()).iterator(CHUNK)


def _placements(rows: QuerySet[Service], alias: str) -> Iterator[tuple[Any, ...]]:
    found = Placement.objects.using(alias).filter(service__in=rows.order_by())
    ordered = found.order_by("service_id", "cluster__slug", "pk")
    columns = ("service_id", *PLACEMENT.values(), *matrix.PLACE)
    return ordered.values_list(*columns).iterator(CHUNK)


def _destinations(rows: QuerySet[Service], alias: str) -> Iterator[tuple[Any, ...]]:
    chosen = Service.destinations.through.objects.using(alias)
    found = chosen.filter(service__in=rows.order_by()).order_by("service_id", "destination_id")
    return found.values_list("service_id", "destination_id").iterator(CHUNK)


class Following:
    """Rows that begin with their service, handed out as services come by in the same order."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self.groups = groupby(rows, key=itemgetter(0))
        self.waiting = next(self.groups, None)

    def of(self, service: int) -> list[tuple[Any, ...]]:
        """Return the rows of this service; those of services that did not come by are skipped."""
        while self.waiting is not None and self.waiting[0] < service:
            self.waiting = next(self.groups, None)
        if self.waiting is None or self.waiting[0] != service:
            return []
        found = list(self.waiting[1])
        self.waiting = next(self.groups, None)
        return found


def _placement(row: tuple[Any, ...], rules: Matrix) -> Entry:
    columns, place = row[1 : len(PLACEMENT) + 1], Place(*row[len(PLACEMENT) + 1 :])
    entry = _with_stage(dict(zip(PLACEMENT, columns, strict=True)))
    entry["eligible"] = rules.allows(place) if entry["lifecycle"] in LIVE else None
    return entry


def _all_of(verdicts: Iterable[bool | None]) -> bool | None:
    """Say whether all that lives is where it may be; None where nothing lives."""
    known = [each for each in verdicts if each is not None]
    return all(known) if known else None


def _with_stage(entry: Entry) -> Entry:
    entry["stage"], entry["status"] = CSDM[Lifecycle(entry["lifecycle"])]
    return entry


def as_ndjson(services: QuerySet[Service]) -> Iterator[bytes]:
    """Yield one line of JSON a service."""
    return ndjson(entries(services))


def ndjson(found: Iterable[Entry]) -> Iterator[bytes]:
    """Yield one line of JSON an entry."""
    encode = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for entry in found:
        yield f"{encode(entry)}\n".encode()


def as_csv(services: QuerySet[Service]) -> Iterator[bytes]:
    """Yield a head line, then one line a service; what there are several of shares a cell."""
    yield from sheet(COLUMNS, (_flat(entry).values() for entry in entries(services)))


def sheet(heads: Iterable[str], lines: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield CSV, the head line first; no cell is taken for a formula."""
    writer = csv.writer(_Echo())
    yield writer.writerow(heads).encode()
    for line in lines:
        yield writer.writerow([_cell(value) for value in line]).encode()


class _Echo:
    """A file that hands back what is written to it, so that csv.writer gives lines."""

    def write(self, text: str) -> str:
        return text


def _flat(entry: Entry) -> Entry:
    placements = entry["placements"]
    columns = {name: entry[name] for name in COLUMNS if name in entry}
    for column, field in PLACEMENT_COLUMNS.items():
        columns[column] = [each[field] for each in placements]
    return {name: columns[name] for name in COLUMNS}


PLACEMENT_COLUMNS = {"clusters": "cluster", "namespaces": "namespace", "revisions": "revision"}
COLUMNS = (
    "uuid",
    "tenant",
    "tenant_uuid",
    "application",
    "application_uuid",
    "application_name",
    "reference",
    "environment",
    "region",
    "owner",
    "owner_name",
    "support_group",
    "cost_centre",
    "criticality",
    "classification",
    "size",
    "destinations",
    "scaffold",
    "repository_url",
    "lifecycle",
    "stage",
    "status",
    "review_due",
    "review_overdue",
    "owner_left",
    "eligible",
    "clusters",
    "namespaces",
    "revisions",
    "created_at",
    "updated_at",
    "version",
)


def _cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        text = LIST_SEPARATOR.join(map(str, value))
    elif hasattr(value, "isoformat"):
        text = value.isoformat()
    elif isinstance(value, bool):
        text = str(value).lower()
    else:
        text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


FORMATS: dict[str, tuple[str, Callable[[QuerySet[Service]], Iterable[bytes]]]] = {
    "ndjson": ("application/x-ndjson", as_ndjson),
    "csv": ("text/csv; charset=utf-8", as_csv),
}
