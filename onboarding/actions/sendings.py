"""Answers that are sent twice with one key are one order: what a repeated call is known by."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from onboarding.models import Order, Sending
from portal.errors import KeyReused


def orders_of(key: str, answers: Mapping[str, Any], *, by: User) -> list[Order]:
    """Return the orders that this person placed with the key; none when it is new or empty.

    Raises KeyReused when other answers were sent with it.
    """
    sent = Sending.objects.filter(person=by, key=key).exclude(key="").first()
    if sent is None:
        return []
    if sent.digest != _digest(answers):
        raise KeyReused("Other answers were sent with this key before.")
    return list(Order.objects.filter(family=sent.family).order_by("pk"))


def keep(key: str, answers: Mapping[str, Any], *, by: User, family: UUID) -> None:
    """Remember the key, inside the transaction that places the orders. No key is nothing."""
    if key:
        Sending.objects.create(person=by, key=key, digest=_digest(answers), family=family)


def forget(before: datetime) -> int:
    """Delete keys that were sent before this moment, and return how many: they are new again."""
    count, _ = Sending.objects.filter(sent_at__lt=before).delete()
    return count


def _digest(answers: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the answers, in whatever order their fields were written."""
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()
