"""Machine tokens `berth_<key>.<secret>`: making them, and telling real ones from others.

The prefix is fixed so that scanners for leaked secrets can know it. Only an HMAC of the secret is
kept, under a pepper that is not in the database.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from django.conf import settings

from accounts.models import MachineToken, Scope, User
from portal.clock import now

PREFIX = "berth_"
SECRET_BYTES = 32
DAYS = 90  # of life, unless said otherwise
MOST_DAYS = 366
USED_EVERY = timedelta(minutes=1)  # how often a use is written down
_SHAPE = re.compile(r"berth_([a-z2-7]{12})\.([A-Za-z0-9_-]{43})")
_KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def issue(
    name: str, *, scope: Scope, owner: User | None = None, days: int = DAYS
) -> tuple[MachineToken, str]:
    """Store a token and return it with its text, which nobody can be shown again.

    Call `actions.make_token`, which also writes the audit entry.
    """
    key = "".join(secrets.choice(_KEY_LETTERS) for _ in range(12))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    moment = now()
    token = MachineToken.objects.create(
        name=name,
        scope=scope,
        owner=owner,
        key=key,
        secret_hash=_hash(secret),
        created_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    return token, f"{PREFIX}{key}.{secret}"


def recognised(text: str) -> MachineToken | None:
    """Return the usable token that the text is, whatever its scope."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return None
    key, secret = shape.groups()
    token = MachineToken.objects.usable(now()).select_related("owner").filter(key=key).first()
    if token is None or not hmac.compare_digest(token.secret_hash, _hash(secret)):
        return None
    return token


def verify(text: str, *scopes: Scope) -> MachineToken | None:
    """Return the usable token of one of the scopes that the text is, and note that it was used."""
    token = recognised(text)
    if token is None or token.scope not in scopes:
        return None
    _mark_used(token)
    return token


def _mark_used(token: MachineToken) -> None:
    moment = now()
    if token.last_used_at and token.last_used_at > moment - USED_EVERY:
        return
    seen = MachineToken.objects.filter(pk=token.pk, last_used_at=token.last_used_at)
    seen.update(last_used_at=moment)


def _hash(secret: str) -> str:
    pepper = settings.BERTH_TOKEN_PEPPER.encode()
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()
