"""The peppers that secrets of tokens are hashed with: the first makes hashes, the rest still fit.

A hash names its pepper, so that it is known which tokens need an older one. Those from before that
was written down name none.
"""

import hashlib
import hmac

from django.conf import settings


def hashed(secret: str) -> tuple[str, str]:
    """Return the name of the newest pepper and the secret's hash with it."""
    pepper = settings.BERTH_TOKEN_PEPPERS[0]
    return name_of(pepper), _hash(secret, pepper)


def newest() -> str:
    """Return the name of the pepper that hashes are made with now."""
    return name_of(settings.BERTH_TOKEN_PEPPERS[0])


def fits(secret: str, *, kept: str, pepper: str) -> bool:
    """Say whether the secret has the hash that is kept; `pepper` is the name beside it, or ""."""
    named = [each for each in settings.BERTH_TOKEN_PEPPERS if pepper in ("", name_of(each))]
    return any(hmac.compare_digest(kept, _hash(secret, each)) for each in named)


def name_of(pepper: str) -> str:
    """Return a name that is written beside hashes and tells nothing of the pepper."""
    return hmac.new(pepper.encode(), b"name of the pepper", hashlib.sha256).hexdigest()[:8]


def _hash(secret: str, pepper: str) -> str:
    return hmac.new(pepper.encode(), secret.encode(), hashlib.sha256).hexdigest()
