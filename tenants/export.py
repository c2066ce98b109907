"""The services of the record as one stream, NDJSON or CSV, in constant memory.

Three cursors run side by side, in order of the service: services, their placements, their
destinations. However many services there are, the number of queries is the same.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model, QuerySet

from tenants.lifecycle import CSDM, Lifecycle
from tenants.models import Placement, Service

Entry = dict[str, Any]
Row = TypeVar("Row", bound=Model)

READING = "reading"  # the alias for long reads, where the settings have one
CHUNK = 500  # rows fetched at a time
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is run by a spreadsheet
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


def entries(services: QuerySet[Service]) -> Iterator[Entry]:
    """Yield each service with all that hangs on it, in the order in which services were made."""
    with long_read() as alias:
        rows = services.using(alias).prefetch_related(None).order_by("pk")
        placements = _Following(_placements(rows, alias), "service_id")
        destinations = _Following(_destinations(rows, alias), "service_id")
        for service in rows.iterator(CHUNK):
            yield _entry(service, placements.of(service.pk), destinations.of(service.pk))


def _placements(rows: QuerySet[Service], alias: str) -> Iterator[Placement]:
    found = Placement.objects.using(alias).filter(service__in=rows.order_by())
    found = found.select_related("cluster", "tenant_cluster")
    return found.order_by("service_id", "cluster__slug", "pk").iterator(CHUNK)


def _destinations(rows: QuerySet[Service], alias: str) -> Iterator[Any]:
    chosen = Service.destinations.through.objects.using(alias)
    found = chosen.filter(service__in=rows.order_by())
    return found.order_by("service_id", "destination_id").iterator(CHUNK)


class _Following:
    """Rows sorted by their service, handed out as the services come by in the same order."""

    def __init__(self, rows: Iterator[Any], key: str) -> None:
        self.groups = groupby(rows, key=attrgetter(key))
        self.waiting = next(self.groups, None)

    def of(self, service: int) -> list[Any]:
        """Return the rows of this service; those of services that did not come by are skipped."""
        while self.waiting is not None and self.waiting[0] < service:
            self.waiting = next(self.groups, None)
        if self.waiting is None or self.waiting[0] != service:
            return []
        found = list(self.waiting[1])
        self.waiting = next(self.groups, None)
        return found


def _entry(service: Service, placements: list[Placement], destinations: list[Any]) -> Entry:
    application = service.application
    stage, status = CSDM[Lifecycle(service.lifecycle)]
    return {
        "uuid": service.uuid,
        "tenant": application.tenant.slug,
        "tenant_uuid": application.tenant.uuid,
        "application": application.slug,
        "application_uuid": application.uuid,
        "application_name": application.name,
        "reference": application.reference,
        "environment": service.environment_id,
        "region": service.region,
        "owner": service.owner.username,
        "owner_name": str(service.owner),
        "support_group": application.support_group or application.tenant.support_group,
        "cost_centre": application.cost_centre,
        "criticality": application.criticality,
        "classification": application.classification,
        "size": service.size_id,
        "destinations": [each.destination_id for each in destinations],
        "scaffold": service.scaffold,
        "repository_url": application.repository_url,
        "lifecycle": service.lifecycle,
        "stage": stage,
        "status": status,
        "placements": [_placement(each) for each in placements],
        "created_at": service.created_at,
        "updated_at": service.updated_at,
        "version": service.version,
    }


def _placement(placement: Placement) -> Entry:
    stage, status = CSDM[Lifecycle(placement.lifecycle)]
    return {
        "uuid": placement.uuid,
        "cluster": placement.cluster.slug,
        "namespace": placement.namespace,
        "control_namespace": placement.tenant_cluster.control_namespace,
        "name": placement.name,
        "lifecycle": placement.lifecycle,
        "stage": stage,
        "status": status,
        "revision": placement.revision,
        "live_at": placement.live_at,
    }


def as_ndjson(services: QuerySet[Service]) -> Iterator[bytes]:
    """Yield one line of JSON a service."""
    encode = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for entry in entries(services):
        yield f"{encode(entry)}\n".encode()


def as_csv(services: QuerySet[Service]) -> Iterator[bytes]:
    """Yield a head line, then one line a service; what there are several of shares a cell."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS).encode()
    for entry in entries(services):
        yield writer.writerow([_cell(value) for value in _flat(entry).values()]).encode()


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
    else:
        text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


FORMATS: dict[str, tuple[str, Callable[[QuerySet[Service]], Iterable[bytes]]]] = {
    "ndjson": ("application/x-ndjson", as_ndjson),
    "csv": ("text/csv; charset=utf-8", as_csv),
}
