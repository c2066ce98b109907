"""What the tests of the ledger share."""

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from audit import ledger
from audit.ledger import Actor, Subject
from audit.models import Entry

ADA = Actor("local:ada", "Ada")
BASKET = Subject("Application", UUID(int=7), "retail/basket")


def write(
    verb: str = "changed", *, by: Actor = ADA, subject: Subject = BASKET, **more: Any
) -> Entry:
    """Write one entry, in a transaction as the ledger wants it."""
    with transaction.atomic():
        return ledger.note(verb, subject, by=by, **more)


def write_many(count: int) -> list[Entry]:
    return [write(subject=Subject("Service", uuid4(), f"service {n}")) for n in range(count)]
