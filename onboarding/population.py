"""The population that auditors draw samples from: one line an order, with its change and decisions.

As a stream, in constant memory: orders by one cursor, what hangs on them by a query for each
stretch of CHUNK.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse

from onboarding.changes.models import Approval, Change
from onboarding.models import Order
from portal.clock import now
from tenants import export

CHUNK = 500
Line = dict[str, Any]

COLUMNS = (
    "number",
    "uuid",
    "kind",
    "tenant",
    "application",
    "application_name",
    "environment",
    "production",
    "requester",
    "requester_name",
    "submitted_at",
    "revisions",
    "change",
    "change_type",
    "change_status",
    "digest",
    "decisions",
    "started_at",
    "ended_at",
    "result",
    "back_reason",
    "service",
    "repository",
    "commit",
    "evidence",
)


def lines(orders: QuerySet[Order]) -> Iterator[Line]:
    """Yield each order as a line, the first one first."""
    with export.long_read() as alias:
        rows = orders.using(alias).order_by("pk").annotate(made=Count("revisions", distinct=True))
        found = rows.iterator(CHUNK)
        while batch := list(islice(found, CHUNK)):
            changes = _changes(batch, alias)
            decisions = _decisions(list(changes.values()), alias)
            for order in batch:
                change = changes.get((order.uuid, order.change_number))
                yield _line(order, change, decisions.get(change.pk, []) if change else [])


def _changes(orders: Iterable[Order], alias: str) -> dict[tuple[Any, str], Change]:
    uuids = [order.uuid for order in orders]
    rows = Change.objects.using(alias).filter(order_uuid__in=uuids)
    return {(change.order_uuid, change.number): change for change in rows}


def _decisions(changes: list[Change], alias: str) -> dict[int, list[Line]]:
    rows = Approval.objects.using(alias).filter(change__in=[each.pk for each in changes])
    found: dict[int, list[Line]] = {}
    for each in rows.select_related("person").order_by("pk"):
        told = {
            "person": each.person.ident,
            "decision": each.decision,
            "capacity": each.capacity,
            "at": each.at,
            "digest": each.digest,
            "reason": each.reason,
            "taken_back_at": each.taken_back_at,
        }
        found.setdefault(each.change_id, []).append(told)
    return found


def _line(order: Order, change: Change | None, decisions: list[Line]) -> Line:
    return {
        "number": order.pk,
        "uuid": order.uuid,
        "kind": order.kind,
        "tenant": order.tenant.slug,
        "application": order.application.slug,
        "application_name": order.application.name,
        "environment": order.environment_id,
        "production": order.environment.production,
        "requester": order.requester.ident,
        "requester_name": str(order.requester),
        "submitted_at": order.submitted_at,
        "revisions": order.made,  # type: ignore[attr-defined]  # annotated above
        "change": order.change_number,
        "change_type": change.type if change else "",
        "change_status": change.status if change else "",
        "digest": change.digest if change else "",
        "decisions": decisions,
        "started_at": order.change_started_at,
        "ended_at": order.ended_at,
        "result": order.ended_as or "open",
        "back_reason": order.back_reason,
        "service": order.service.uuid if order.service else None,
        "repository": order.repository_name,
        "commit": order.commit_sha,
        "evidence": reverse("order-api:evidence-pack", args=(order.uuid,)),
    }


def as_ndjson(orders: QuerySet[Order]) -> Iterator[bytes]:
    """Yield one line of JSON an order."""
    return export.ndjson(lines(orders))


def as_csv(orders: QuerySet[Order]) -> Iterator[bytes]:
    """Yield a head line, then one line an order; decisions share a cell, in words."""
    return export.sheet(COLUMNS, (_flat(line).values() for line in lines(orders)))


def _flat(line: Line) -> Line:
    told = [_in_words(each) for each in line["decisions"]]
    return {**line, "decisions": told}


def _in_words(decision: Line) -> str:
    who = f"by {decision['person']} for {decision['capacity']}"
    said = f"{decision['at'].isoformat()} {decision['decision']} {who}"
    taken = decision["taken_back_at"]
    return f"{said}, taken back {taken.isoformat()}" if taken else said


def filename(form: str) -> str:
    """Return the name that a population is kept under."""
    return f"berth-changes-{now():%Y-%m-%d}.{form}"


FORMATS: dict[str, tuple[str, Callable[[QuerySet[Order]], Iterable[bytes]]]] = {
    "ndjson": ("application/x-ndjson", as_ndjson),
    "csv": ("text/csv; charset=utf-8", as_csv),
}
