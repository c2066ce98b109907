"""Verifying what a provider signed: ID tokens, and logout tokens of the back channel.

Whatever is wrong with one ends as TokenRefused, whose detail names the check and never the token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jws import JWSRegistry

from accounts.models import IDENT_LIMIT
from accounts.oidc import discovery
from accounts.oidc.providers import Provider
from portal.clock import now
from portal.errors import TokenRefused, storable

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPES = {"", "jwt", "logout+jwt", "application/logout+jwt"}
LOGOUT_FRESH = timedelta(minutes=5)


@dataclass(frozen=True)
class Expected:
    """What the ID token has to hold, by what was asked for."""

    nonce: str
    access_token: str = ""
    max_age: timedelta | None = None
    acr_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogoutToken:
    """Whose sessions end: those of the subject, of one session of it, or both."""

    sub: str
    sid: str
    jti: str


def identity(text: str, provider: Provider, expected: Expected) -> Mapping[str, Any]:
    """Return the claims of an ID token that is whole, ours, fresh, and the answer to our request.

    Raises TokenRefused, IssuerAway.
    """
    token = _decoded(text, provider)
    params = {
        "nonce": expected.nonce,
        "client_id": provider.client_id,
        "access_token": expected.access_token,
        "max_age": expected.max_age is not None,
    }
    claims = CodeIDToken(token.claims, token.header, _ours(provider), params)
    _validate(claims, provider)
    subject = claims["sub"]
    if not subject or storable(subject) != subject:
        raise TokenRefused("The claim sub names nobody.")
    if len(subject) + len(provider.issuer) >= IDENT_LIMIT:
        raise TokenRefused("The claim sub is too long.")
    _fresh_enough(claims, provider, expected)
    return dict(claims)


def logout(text: str, provider: Provider) -> LogoutToken:
    """Return whom a logout token is about (OpenID Connect Back-Channel Logout 1.0, 2.6).

    Whether it was used before is for the caller to see. Raises TokenRefused, IssuerAway.
    """
    token = _decoded(text, provider)
    options = _ours(provider) | {name: {"essential": True} for name in ("iat", "jti", "events")}
    options.pop("sub")
    claims = JWTClaims(token.claims, token.header, options)
    _validate(claims, provider)
    if str(token.header.get("typ", "")).lower() not in LOGOUT_TYPES:
        raise TokenRefused("The header typ is not that of a logout token.")
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenRefused("The claim events does not name a logout.")
    if "nonce" in claims:
        raise TokenRefused("The claim nonce stands in a logout token.")
    if not claims["iat"] > (now() - LOGOUT_FRESH - provider.leeway).timestamp():
        raise TokenRefused("The claim iat is too long ago.")
    sub, sid = claims.get("sub", ""), claims.get("sid", "")
    if not (isinstance(sub, str) and isinstance(sid, str) and (sub or sid)):
        raise TokenRefused("The claims sub and sid name nobody.")
    return LogoutToken(sub, sid, claims["jti"])


def _ours(provider: Provider) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "sub": {"essential": True},
    }


def _decoded(text: str, provider: Provider) -> jwt.Token:
    """Return a token whose signature is right by a key and an algorithm of the provider."""
    algorithms = discovery.metadata(provider).algorithms
    registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)

    keys = discovery.keys(provider)
    try:
        return jwt.decode(text, keys.fitting, registry=registry)
    except JoseError as error:
        raise TokenRefused(f"The signature does not hold: {error.error}.") from None
    except (ValueError, TypeError, LookupError, RecursionError):
        raise TokenRefused("It is no token that can be read.") from None


def _validate(claims: JWTClaims, provider: Provider) -> None:
    leeway = int(provider.leeway.total_seconds())
    try:
        claims.validate(now=int(now().timestamp()), leeway=leeway)
    except MissingClaimError as error:
        raise TokenRefused(f"The claim {error.claim} is missing.") from None
    except ExpiredTokenError:
        raise TokenRefused("The claim exp says that it is over.") from None
    except ClaimError as error:
        raise TokenRefused(f"The claim {error.claim} is not what it has to be.") from None
    except (JoseError, ValueError, TypeError, LookupError, OverflowError):
        raise TokenRefused("A claim has a form that cannot be read.") from None


def _fresh_enough(claims: Mapping[str, Any], provider: Provider, expected: Expected) -> None:
    if expected.max_age is not None:
        oldest = (now() - expected.max_age - provider.leeway).timestamp()
        newest = (now() + provider.leeway).timestamp()
        # written so that no number at all is not fresh either
        if not oldest <= claims["auth_time"] <= newest:
            raise TokenRefused("The claim auth_time is too long ago, or yet to come.")
    if expected.acr_values and claims.get("acr") not in expected.acr_values:
        raise TokenRefused("The claim acr is none that was asked for.")
