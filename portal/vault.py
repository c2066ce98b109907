"""Encryption of the few secrets that must be kept in rows, with keys that can be rotated."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def _keys() -> MultiFernet:
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()))
        for key in settings.BERTH_FIELD_KEYS
    )


def sealed(text: str) -> str:
    """Return the text encrypted with the newest key."""
    return _keys().encrypt(text.encode()).decode()


def opened(sealed_text: str) -> str:
    """Return what was sealed with any accepted key.

    Raises ValueError when no accepted key fits; the message never holds the content.
    """
    try:
        return _keys().decrypt(sealed_text.encode()).decode()
    except InvalidToken as error:
        raise ValueError("This was sealed with a key that is no longer accepted.") from error


def sealed_anew(sealed_text: str) -> str:
    """Return the same, sealed with the newest key.

    Raises ValueError when no accepted key fits.
    """
    return sealed(opened(sealed_text))


def derived(purpose: str) -> list[bytes]:
    """Return keys that are good for one purpose only, the newest first, to sign what is kept."""
    return [
        hmac.digest(key.encode(), purpose.encode(), "sha256") for key in settings.BERTH_FIELD_KEYS
    ]
