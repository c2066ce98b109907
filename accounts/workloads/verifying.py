"""Whether a token is what its issuer made for us, and of now. Nothing of it is believed before."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeyFlexible
from joserfc.jws import JWSRegistry

from accounts.keys import ALGORITHMS
from accounts.workloads.trusted import Trusted
from portal.clock import now

LARGEST = 16_384  # characters; platforms make tokens of one to three thousand
LEEWAY = 30  # seconds that clocks may differ
TYPES = frozenset({"jwt", "application/jwt"})
# a header that nobody knows is passed over, as RFC 7515 asks; one that is critical is not
REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
# what the library lets slip beside its own errors, when members have types that nobody expects
ODD = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Untrue(Exception):
    """The token is not believed; the sentence says why and repeats nothing of it."""


def addressed(text: str) -> tuple[str, str]:
    """Return the issuer and the audience that a token claims, without believing either.

    Raises Untrue, also for a token that was made for several: each of those could use it here.
    """
    if len(text) > LARGEST:
        raise Untrue(f"It is longer than {LARGEST} characters.")
    try:
        claims = json.loads(jws.extract_compact(text.encode(), registry=REGISTRY).payload)
        issuer, audience = claims["iss"], claims["aud"]
    except ODD as error:
        raise Untrue("It is no token that can be read.") from error
    if isinstance(audience, list):
        audience = audience[0] if len(audience) == 1 else None
    if not isinstance(issuer, str) or not isinstance(audience, str):
        raise Untrue("It names no issuer, or not exactly one audience.")
    return issuer, audience


def claims(text: str, trusted: Trusted, key: KeyFlexible) -> Mapping[str, Any]:
    """Return what a token says, once all of it holds.

    `key` is `fitting` of the issuer's keys. Raises Untrue; IssuerAway if the keys are away.
    """
    try:
        token = jwt.decode(text, key, registry=REGISTRY)
    except ODD as error:
        raise Untrue(f"Its signature does not hold: {_kind(error)}.") from error
    if str(token.header.get("typ", "jwt")).lower() not in TYPES:
        raise Untrue("It is a token of another type.")
    try:
        _checks(trusted).validate(token.claims)
    except ODD as error:
        raise Untrue(f"What it claims does not hold: {_kind(error)}.") from error
    if token.claims["exp"] - token.claims["iat"] > trusted.longest.total_seconds() + LEEWAY:
        raise Untrue("It lives longer than a token of this issuer may.")
    return token.claims


def _checks(trusted: Trusted) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now().timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": trusted.issuer},
        aud={"essential": True, "value": trusted.audience},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )


def _kind(error: Exception) -> str:
    """Return the library's word for a fault, and the claim; its sentences repeat values."""
    claim = getattr(error, "claim", "")
    word = getattr(error, "error", "") or "odd members"
    return f"{word.replace('_', ' ')} ({claim})" if claim else word.replace("_", " ")
