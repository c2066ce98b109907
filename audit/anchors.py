"""Anchors: what the newest seal was, and when, in a file that the database cannot reach.

Whoever has all rights in the database can take the triggers away, change what they like and seal
everything anew; the chain alone holds again afterwards. Compared with the anchors it does not.

What the file proves, and against whom:

* Against somebody with the database and not the file: whatever was anchored cannot be changed,
  taken away or added to unseen. What is newer than the newest anchor is held by the chain alone.
* Against somebody with database and file, but without the portal's keys: lines cannot be made up,
  for each is signed (HMAC-SHA-256). The newest can be taken away, so copy the file elsewhere.
* Against somebody with the portal's own processes or keys it proves nothing, unless copies of it
  lie where nothing can be overwritten.

Seals are numbered without gaps from 1, so that `seq` also counts the entries that are sealed.
"""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from enum import Enum
from pathlib import Path

from portal import vault

PURPOSE = "berth audit anchor 1"
TAIL = 64 * 1024  # bytes at the end of the file in which the newest line is looked for


@dataclass(frozen=True)
class Anchor:
    """One line: a seal's number, hash and time, the hash of seal 1, and who signed it when."""

    seq: int
    hash: str
    first: str  # the hash of seal 1, which tells one ledger from another
    sealed_at: str
    anchored_at: str
    key: str = ""  # names the key of the signature
    mac: str = ""


class Signature(Enum):
    """What the signature of a line says."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"  # made with a key that is not accepted here


@dataclass(frozen=True)
class Line:
    """A line of the file; without an anchor it cannot be read. `is_torn`: it has no end."""

    number: int
    anchor: Anchor | None
    is_torn: bool


class AnchorFile:
    """A file of anchors that nobody else writes to meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def newest(self) -> Anchor | None:
        """Return the newest anchor that can be read."""
        found = (read(line) for line in reversed(self._tail().split(b"\n")))
        return next((anchor for anchor in found if anchor), None)

    def append(self, anchor: Anchor) -> None:
        """Add a signed line; it is on the disk when this returns.

        What a writer left half written when it was killed gets an end first, and stays.
        """
        tail = self._tail()
        end = b"\n" if tail and not tail.endswith(b"\n") else b""
        written = memoryview(end + line(signed(anchor)))
        while written:
            written = written[os.write(self._descriptor, written) :]
        os.fsync(self._descriptor)

    def _tail(self) -> bytes:
        size = os.fstat(self._descriptor).st_size
        return os.pread(self._descriptor, TAIL, max(0, size - TAIL))


@contextmanager
def alone(path: Path) -> Iterator[AnchorFile]:
    """Hold the file for one writer, and make it where it is missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not os.fstat(descriptor).st_size:
            _keep_name(path.parent)
        yield AnchorFile(descriptor)
    finally:
        os.close(descriptor)


def _keep_name(folder: Path) -> None:
    """Let the name of a file that was just made outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lines(path: Path) -> Iterator[Line]:
    """Read the file line by line. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            is_torn = not raw.endswith(b"\n")
            yield Line(number, None if is_torn else read(raw), is_torn)


def line(anchor: Anchor) -> bytes:
    return json.dumps(asdict(anchor), sort_keys=True, separators=(",", ":")).encode() + b"\n"


def read(raw: bytes) -> Anchor | None:
    """Return the anchor of a line, or None for what is none."""
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    types = {field.name: field.type for field in fields(Anchor)}
    if not isinstance(found, dict) or set(found) != set(types):
        return None
    if any(type(value) is not types[name] for name, value in found.items()):
        return None
    return Anchor(**found)


def signed(anchor: Anchor) -> Anchor:
    """Return the anchor signed with the newest key."""
    key = vault.derived(PURPOSE)[0]
    named = replace(anchor, key=_name(key), mac="")
    return replace(named, mac=_mac(key, named))


def signature(anchor: Anchor) -> Signature:
    """Say whether an accepted key signed exactly this."""
    keys = {_name(key): key for key in vault.derived(PURPOSE)}
    if anchor.key not in keys:
        return Signature.UNKNOWN
    expected = _mac(keys[anchor.key], replace(anchor, mac=""))
    return Signature.RIGHT if hmac.compare_digest(expected, anchor.mac) else Signature.WRONG


def has_newest_key(anchor: Anchor) -> bool:
    """Say whether the anchor names the key that signs now."""
    return anchor.key == _name(vault.derived(PURPOSE)[0])


def _name(key: bytes) -> str:
    return hashlib.sha256(b"name" + key).hexdigest()[:8]


def _mac(key: bytes, unsigned: Anchor) -> str:
    return hmac.new(key, line(unsigned), hashlib.sha256).hexdigest()
