"""Machine tokens `berth_<key>.<secret>`: making them, and telling real ones from others.

The prefix is fixed so that scanners for leaked secrets can know it. Only an HMAC of the secret is
kept, under a pepper that is not in the database.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import networks, peppers
from accounts.models import MachineToken, Scope, User
from audit import ledger
from portal.clock import now

PREFIX = "berth_"
SECRET_BYTES = 32
DAYS = 90  # of life, unless said otherwise
MOST_DAYS = 366
SOON = timedelta(days=14)  # what expires within is told beforehand
USED_EVERY = timedelta(minutes=1)  # how often a use, or a refusal, is written down
_SHAPE = re.compile(r"berth_([a-z2-7]{12})\.([A-Za-z0-9_-]{43})")
_KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def issue(
    name: str,
    *,
    scope: Scope,
    owner: User | None = None,
    days: int = DAYS,
    contact: str = "",
    places: Sequence[str] = (),
) -> tuple[MachineToken, str]:
    """Store a token and return it with its text, which nobody can be shown again.

    `contact` is whom to ask about a machine, `places` the networks that it may come from. Call
    `actions.make_token`, which also writes the audit entry.
    """
    key = "".join(secrets.choice(_KEY_LETTERS) for _ in range(12))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    pepper, kept = peppers.hashed(secret)
    moment = now()
    token = MachineToken.objects.create(
        name=name,
        contact=contact,
        scope=scope,
        owner=owner,
        key=key,
        secret_hash=kept,
        pepper_id=pepper,
        networks=list(places),
        created_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    return token, f"{PREFIX}{key}.{secret}"


def recognised(text: str, *, address: str | None = None) -> MachineToken | None:
    """Return the usable token that the text is, whatever its scope.

    `address` is where it comes from, by `accounts.addresses`. One that is used from outside its
    networks is answered like one that is wrong, and that leaves an entry.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return None
    key, secret = shape.groups()
    token = MachineToken.objects.usable(now()).select_related("owner").filter(key=key).first()
    if token is None or not peppers.fits(secret, kept=token.secret_hash, pepper=token.pepper_id):
        return None
    if not networks.admit(token.networks, address):
        _note_elsewhere(token, address)
        return None
    return token


def verify(text: str, *scopes: Scope, address: str | None = None) -> MachineToken | None:
    """Return the usable token of one of the scopes that the text is, and note that it was used."""
    token = recognised(text, address=address)
    if token is None or token.scope not in scopes:
        return None
    if token.pepper_id != peppers.newest():
        _hash_anew(token, text.partition(".")[2])
    _mark_used(token, address)
    return token


def under_older_peppers(at: datetime) -> QuerySet[MachineToken]:
    """Return what would open nothing any more if only the newest pepper were left."""
    usable = MachineToken.objects.usable(at).select_related("owner")
    return usable.filter(~Q(pepper_id=peppers.newest())).order_by("expires_at")


def _hash_anew(token: MachineToken, secret: str) -> None:
    """Keep the hash of the newest pepper: only now is the secret at hand."""
    pepper, kept = peppers.hashed(secret)
    seen = MachineToken.objects.filter(pk=token.pk, secret_hash=token.secret_hash)
    with transaction.atomic():
        if seen.update(secret_hash=kept, pepper_id=pepper):
            changes = {"pepper": (token.pepper_id, pepper)}
            ledger.note("hashed anew", token.as_subject, by=token.actor, changes=changes)


def _mark_used(token: MachineToken, address: str | None) -> None:
    moment = now()
    if token.last_used_at and token.last_used_at > moment - USED_EVERY:
        return
    seen = MachineToken.objects.filter(pk=token.pk, last_used_at=token.last_used_at)
    seen.update(last_used_at=moment, last_used_from=address)


def _note_elsewhere(token: MachineToken, address: str | None) -> None:
    """Write down that a real token came from outside its networks, at most once a minute."""
    moment = now()
    due = Q(refused_at=None) | Q(refused_at__lte=moment - USED_EVERY)
    with transaction.atomic():
        if MachineToken.objects.filter(due, pk=token.pk).update(refused_at=moment):
            come = f"It came from {address or 'an unknown address'}, outside its networks."
            ledger.note("refused from elsewhere", token.as_subject, by=token.actor, reason=come)
