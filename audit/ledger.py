"""How the rooms above write an entry: one call inside the business transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from audit.models import Entry, Touched, Unsealed
from portal.errors import storable

MASK = "********"
SECRET_WORDS = ("password", "secret", "token", "key", "credential")


@dataclass(frozen=True)
class Actor:
    """Who acts: `ident` is stable, `name` is for people.

    Identities are `<issuer>:<subject>` of a person, `token:<key>`, `command:<login>` and
    `system:<part>`.
    """

    ident: str
    name: str


@dataclass(frozen=True)
class Subject:
    """What is acted on: class name, UUID, name, and the tenant it belongs to before and after."""

    object_class: str
    uuid: UUID
    name: str
    tenant_before: UUID | None = None
    tenant_after: UUID | None = None


@dataclass(frozen=True)
class Origin:
    """Where a write comes from, and its request id.

    The channel is web, api, worker or command, or `token:<key>` for a call with a token.
    """

    channel: str = "command"
    request_id: str = ""


COMMAND_LINE = Origin()

origin: ContextVar[Origin] = ContextVar("origin", default=COMMAND_LINE)

WORKER = Origin("worker")
SYSTEM = Actor(ident="system:engine", name="Berth")


def coming_by(channel: str) -> None:
    """Say more exactly by which way the entries of this request come, such as which token."""
    here = origin.get()
    if here is not COMMAND_LINE:  # outside `coming_from` nobody would take it back
        origin.set(replace(here, channel=channel[:20]))


@contextmanager
def coming_from(here: Origin) -> Iterator[None]:
    """Let every entry that is written inside the block say where it comes from."""
    kept = origin.set(here)
    try:
        yield
    finally:
        origin.reset(kept)


def note(
    verb: str,
    subject: Subject,
    *,
    by: Actor,
    reason: str = "",
    changes: Mapping[str, Sequence[Any]] | None = None,
    also: Sequence[Subject] = (),
) -> Entry:
    """Write one entry and what it touched; must be called inside the business transaction.

    `changes` maps a field to (before, after); values of fields that sound like secrets are masked.
    `also` names further records that the same act changed.

    Raises RuntimeError outside a transaction: an entry must never stand without its change.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit entry belongs into the transaction of its change.")
    here = origin.get()
    entry = Entry.objects.create(
        actor=by.ident,
        actor_name=storable(by.name[:200]),
        channel=here.channel,
        request_id=here.request_id,
        verb=verb,
        object_class=subject.object_class,
        object_uuid=subject.uuid,
        object_name=storable(subject.name[:253]),
        reason=storable(reason),
        changes=masked(changes or {}),
    )
    Unsealed.objects.create(entry_id=entry.pk)
    Touched.objects.bulk_create(_touched(entry, each) for each in (subject, *also))
    return entry


def forget_touched(before: datetime) -> int:
    """Forget which records were touched by entries older than this; the entries stay.

    Whoever copies the record by its changes has to come by more often; `before` says how often.
    """
    old = Exists(Entry.objects.filter(pk=OuterRef("entry_id"), at__lt=before))
    forgotten, _ = Touched.objects.filter(old).delete()
    return forgotten


def _touched(entry: Entry, subject: Subject) -> Touched:
    return Touched(
        entry_id=entry.pk,
        object_class=subject.object_class,
        object_uuid=subject.uuid,
        tenant_before=subject.tenant_before,
        tenant_after=subject.tenant_after,
    )


def masked(changes: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Return the changes as JSON values, with those of secret-sounding fields hidden."""
    return {
        field: [_plain(field, before), _plain(field, after)]
        for field, (before, after) in changes.items()
    }


def _plain(field: str, value: Any) -> Any:
    if value is not None and any(word in field.lower() for word in SECRET_WORDS):
        return MASK
    if value is None or isinstance(value, bool | int):
        return value
    return storable(str(value))
