"""The read-only credential by which Flux fetches for one placement. Pure: values in, values out.

The password is an HMAC over who it is for, so it can be written again after a crash without being
stored anywhere. Raising a placement's generation makes a new one.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

# Ties the HMAC to its purpose: the same key signs nothing else by accident.
PURPOSE = "berth placement credential 1"

_USERNAME = re.compile(r"placement-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_PASSWORD = re.compile(r"([A-Za-z0-9]{1,20})\.([1-9][0-9]{0,8})\.([0-9a-f]{64})")

Keys = Mapping[str, str]  # key id to key; the first makes new credentials, all are accepted


@dataclass(frozen=True)
class Proven:
    """A credential that one of our keys made; whether its generation still counts is not said."""

    placement: UUID
    generation: int


def username(placement: UUID) -> str:
    return f"placement-{placement}"


def password(keys: Keys, placement: UUID, generation: int) -> str:
    """Return `<key id>.<generation>.<hex>`, made with the first key."""
    key_id = next(iter(keys))
    return f"{key_id}.{generation}.{_mac(keys[key_id], key_id, placement, generation)}"


def is_placement(name: str) -> bool:
    """Say whether a user name is a placement's, so that no person's account can shadow one."""
    return _USERNAME.fullmatch(name) is not None


def check(keys: Keys, name: str, secret: str) -> Proven | None:
    """Return what user name and password prove, or None when no accepted key made them."""
    who, said = _USERNAME.fullmatch(name), _PASSWORD.fullmatch(secret)
    if who is None or said is None:
        return None
    key_id, generation, given = said[1], int(said[2]), said[3]
    if key_id not in keys:
        return None
    proven = Proven(UUID(who[1]), generation)
    expected = _mac(keys[key_id], key_id, proven.placement, generation)
    return proven if hmac.compare_digest(expected, given) else None


def _mac(key: str, key_id: str, placement: UUID, generation: int) -> str:
    text = f"{PURPOSE}\n{key_id}\n{placement}\n{generation}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
