"""The portal's own account on a cluster, and how long its tokens live."""

from datetime import datetime, timedelta
from typing import Any

from fleet.ports import IssuedToken, TokenIssuer
from portal import vault

NAMESPACE, NAME = "berth", "primer"
LIFE = timedelta(days=30)  # long enough to outlast an outage of the portal; renewed at half


def issue(issuer: TokenIssuer) -> IssuedToken:
    """Ask for a new token. Its life may be shorter: the API server has the last word."""
    return issuer.token(NAMESPACE, NAME, seconds=int(LIFE.total_seconds()))


def columns(token: IssuedToken, at: datetime) -> dict[str, Any]:
    """Return the columns of a connection that a token issued at this moment fills."""
    return {
        "token_sealed": vault.sealed(token.text),
        "token_expires_at": token.expires_at,
        "token_renew_at": at + (token.expires_at - at) / 2,
    }
