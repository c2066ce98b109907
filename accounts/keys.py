"""The public keys of one issuer: fetched by the way out, kept for a while, fetched again in bounds.

Sign-in by OpenID Connect and the tokens of workloads both verify with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol, Key, KeySet, OKPKey, RSAKey

from accounts import documents
from accounts.documents import USUAL, Limits
from portal.clock import now
from portal.errors import IssuerAway, TrustUnreadable
from portal.outbound import WayOut

# Signatures that a public key verifies. With `HS…` the public key itself would be the secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519")
MOST_KEYS = 100  # of one issuer; the rest is not looked at
SHORTEST_MODULUS = 342  # characters in base64 of an RSA key with 2048 bits
WELL_KNOWN = "/.well-known/openid-configuration"
_PRIVATE = {"d", "dp", "dq", "k", "oth", "p", "q", "qi"}  # what no verifier has any use for
_KINDS: Mapping[str, type[RSAKey | ECKey | OKPKey]] = {
    "RSA": RSAKey,
    "EC": ECKey,
    "OKP": OKPKey,
}


@dataclass(frozen=True)
class Ages:
    """How long keys are used, and how often the issuer is asked.

    After `fresh` they are fetched again; should the issuer be away then, they count until `most`.
    Between two fetches lies at least `pause`, whatever kids tokens name and however it ended.
    """

    fresh: timedelta = timedelta(minutes=10)
    most: timedelta = timedelta(hours=1)
    pause: timedelta = timedelta(seconds=30)


USUAL_AGES = Ages()


class Keys:
    """What tokens of an issuer are verified with. One for each issuer and process; thread-safe."""

    def __init__(
        self,
        way: WayOut,
        *,
        issuer: str,
        address: str = "",
        limits: Limits = USUAL,
        ages: Ages = USUAL_AGES,
    ) -> None:
        """Keep what to ask; nothing is fetched yet. Without `address` discovery tells it."""
        self._way = way
        self._issuer = issuer
        self._address = address
        self._limits = limits
        self._ages = ages
        self._turn = Lock()
        self._kept: list[Key] = []
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None

    def fitting(self, token: GuestProtocol) -> KeySet:
        """Return the issuer's keys for a token, as `joserfc.jwt.decode` takes them for `key`.

        A kid that is not among them makes us look again, once a pause. joserfc itself refuses a
        token whose kid is still unknown. Raises IssuerAway, TrustUnreadable.
        """
        return self.naming(token.headers().get("kid"))

    def naming(self, kid: str | None) -> KeySet:
        """Return the issuer's keys, fetched anew if they are old or none has this kid."""
        if self._suffice(kid):
            return KeySet(self._kept)
        # discovery and keys; whoever waits longer does so for an issuer that holds somebody else up
        if self._turn.acquire(timeout=3 * self._limits.seconds):
            try:
                if not self._suffice(kid) and self._may_ask():
                    self._fetch()
            finally:
                self._turn.release()
        if self._age_within(self._ages.most):
            return KeySet(self._kept)
        raise IssuerAway(f"The keys of {self._issuer} could not be fetched a moment ago.")

    def _suffice(self, kid: str | None) -> bool:
        known = kid is None or any(key.kid == kid for key in self._kept)
        return known and self._age_within(self._ages.fresh)

    def _age_within(self, limit: timedelta) -> bool:
        return self._fetched_at is not None and now() < self._fetched_at + limit

    def _may_ask(self) -> bool:
        return self._tried_at is None or now() >= self._tried_at + self._ages.pause

    def _fetch(self) -> None:
        """Take the issuer's keys for those that are kept; if it is away, those stay for a while."""
        self._tried_at = now()
        try:
            found = usable(documents.read(self._asked(), way=self._way, limits=self._limits))
        except (IssuerAway, TrustUnreadable):
            if self._age_within(self._ages.most):
                return
            raise
        self._kept, self._fetched_at = found, now()

    def _asked(self) -> str:
        """Return where the keys are. Raises IssuerAway if discovery speaks for somebody else."""
        if self._address:
            return self._address
        told = discovered(self._issuer, way=self._way, limits=self._limits)
        return str(told.get("jwks_uri", ""))


class PinnedKeys:
    """Keys that stand in the configuration, for issuers that the portal cannot reach."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Take a key set as issuers publish it. Raises IssuerAway if none of it can be used."""
        self._kept = KeySet(usable(document))

    def fitting(self, token: GuestProtocol) -> KeySet:
        """Return the keys, as `joserfc.jwt.decode` takes them for `key`."""
        del token
        return self._kept


def discovered(issuer: str, *, way: WayOut, limits: Limits) -> Mapping[str, Any]:
    """Return what an issuer publishes of itself (OpenID Connect Discovery 1.0, section 4).

    Raises IssuerAway, also for a document that names another issuer; TrustUnreadable.
    """
    address = f"{issuer.rstrip('/')}{WELL_KNOWN}"
    told = documents.read(address, way=way, limits=limits)
    if told.get("issuer") != issuer:
        raise IssuerAway(f"{address} speaks for another issuer than {issuer}.")
    return told


def usable(document: Mapping[str, Any]) -> list[Key]:
    """Return the public keys of a key set (RFC 7517) that may verify a signature.

    What is not understood, meant for encryption, or too weak is passed over. Raises IssuerAway if
    nothing is left.
    """
    named = document.get("keys")
    rows = named[:MOST_KEYS] if isinstance(named, list) else []
    found = [key for row in rows if isinstance(row, dict) and (key := _public(row)) is not None]
    if not found:
        raise IssuerAway("The issuer publishes no key that a signature can be verified with.")
    return found


def _public(row: Mapping[str, Any]) -> Key | None:
    kind = _KINDS.get(str(row.get("kty")))
    if kind is None or row.get("use", "sig") != "sig" or _is_weak(row):
        return None
    try:
        key = kind.import_key({name: row[name] for name in row.keys() - _PRIVATE})
        key.ensure_kid()
    # what joserfc and cryptography say of odd members and of numbers that are no key
    except (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return None
    return key


def _is_weak(row: Mapping[str, Any]) -> bool:
    return row["kty"] == "RSA" and len(str(row.get("n", ""))) < SHORTEST_MODULUS
