"""How a row is written: checked in words, by one conditional UPDATE, with one audit entry."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from typing import Any, TypeAlias
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from audit import ledger
from audit.ledger import Actor, Subject
from portal.clock import now
from portal.errors import RecordMoved
from tenants.fields import Record
from tenants.models import Application, Claim, Placement, Service, Tenant, TenantCluster

Changes: TypeAlias = Mapping[str, Sequence[Any]]


def make(row: Record, *, by: Actor, also: Mapping[str, Any] | None = None) -> None:
    """Insert a row and write its entry. Raises ValidationError in words.

    `also` names values for the entry that are not columns, such as members.
    """
    _checked_insert(row)
    changes = {field: (None, value) for field, value in (_columns(row) | dict(also or {})).items()}
    note("made", row, by=by, changes=changes)


def change(
    row: Record, wanted: Mapping[str, Any], *, seen: int, by: Actor, verb: str = "changed"
) -> Changes:
    """Set columns if the row is still as it was seen, and write the entry.

    Returns what changed, which may be nothing. Raises ValidationError in words, and RecordMoved
    when somebody else was faster.
    """
    changes = {
        field: (getattr(row, field), value)
        for field, value in wanted.items()
        if getattr(row, field) != value
    }
    if row.version != seen:
        raise RecordMoved(title(row))
    if changes:
        _checked_update(row, {field: after for field, (_, after) in changes.items()})
        note(verb, row, by=by, changes=changes)
    return changes


def _checked_insert(row: Record) -> None:
    row.full_clean()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # somebody inserted the same after our check: the check now finds it and has the words
        row.full_clean()
        raise


def _checked_update(row: Record, values: Mapping[str, Any]) -> None:
    draft = copy(row)
    for field, value in values.items():
        setattr(draft, field, value)
    draft.full_clean()
    if not move(row, version=row.version, to=values):
        raise RecordMoved(title(row))
    row.refresh_from_db()


def move(row: Record, *, to: Mapping[str, Any], **seen: Any) -> bool:
    """Set columns by one UPDATE that holds only while the row is as it was seen."""
    there = type(row).objects.filter(pk=row.pk, **seen)
    return there.update(**to, version=F("version") + 1, updated_at=now()) == 1


def hold(row: Record, **seen: Any) -> bool:
    """Keep others from changing the row until the transaction ends, if it is as it was seen.

    An UPDATE that changes nothing: it locks the row on PostgreSQL, and on SQLite the writer's lock
    is held anyway. What is read by the statements after it can no longer be outrun.
    """
    there = type(row).objects.filter(pk=row.pk, **seen)
    return there.update(version=F("version")) == 1


def note(
    verb: str,
    row: Record | Claim,
    *,
    by: Actor,
    changes: Changes | None = None,
    reason: str = "",
    also: Collection[Record] = (),
) -> None:
    """Write the entry of one act on one row; `also` names further rows that it changed."""
    others = [subject(each) for each in also]
    ledger.note(verb, subject(row), by=by, changes=changes, reason=reason, also=others)


def subject(row: Record | Claim) -> Subject:
    """Return the row as the ledger names it."""
    tenant = _tenant_of(row)
    return Subject(type(row).__name__, row.uuid, title(row), tenant, tenant)


def title(row: Record | Claim) -> str:
    """Return the name that people recognise the row by, with whose it is."""
    match row:
        case Application():
            return f"{row.tenant.slug}/{row.slug}"
        case Service():
            return f"{title(row.application)} in {row.environment_id}"
        case Placement() | TenantCluster() | Claim():
            return str(row)
        case _:
            return str(getattr(row, "slug", row))


def _tenant_of(row: Record | Claim) -> UUID | None:
    match row:
        case Tenant():
            return row.uuid
        case Application() | TenantCluster():
            return row.tenant.uuid
        case Service() | Claim():
            return row.application.tenant.uuid
        case Placement():
            return row.service.application.tenant.uuid
        case _:
            return None


def _columns(row: Record) -> dict[str, Any]:
    kept = {field.name for field in Record._meta.get_fields()} | {"id"}
    return {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if field.name not in kept
    }
