"""The portal's signature on what it hands out, which anybody can check without its secrets.

The private key follows from the portal's field keys; its public part is handed out with what it
signs, and its fingerprint is shown to auditors, so that they know the portal's from another.
"""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal import vault

PURPOSE = "berth evidence signature 1"


@dataclass(frozen=True)
class Signed:
    """A signature, and the public key that it is checked with."""

    key: bytes
    signature: bytes


def sign(content: bytes) -> Signed:
    """Sign with the newest key."""
    private = _private()[0]
    return Signed(private.public_key().public_bytes_raw(), private.sign(content))


def fingerprints() -> list[str]:
    """Return the SHA-256 of every public key that counts, that of the newest first."""
    return [hashlib.sha256(each.public_key().public_bytes_raw()).hexdigest() for each in _private()]


def _private() -> list[Ed25519PrivateKey]:
    return [Ed25519PrivateKey.from_private_bytes(seed) for seed in vault.derived(PURPOSE)]
