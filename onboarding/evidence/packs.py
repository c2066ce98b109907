"""Evidence packs as one file: a ZIP whose every byte is either content or known beforehand.

Files are stored and not compressed, with one time for all of them, in order of their names, the
manifest last: `audit/offline/verify.py` knows what has to stand between them. Only the manifest
tells when and for whom a pack was made, so two packs of the same rows differ in nothing else.
"""

import hashlib
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings

from audit import chain, segments, signing
from audit.ledger import Actor
from audit.offline import verify
from audit.segments import Segment
from onboarding.evidence import contents
from onboarding.models import Order
from portal.clock import now
from portal.errors import EvidenceTooLarge
from tenants.export import long_read

MIDNIGHT = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP can tell
MODE = 0o100644
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Pack:
    """A pack that was made: an open file at its beginning, and the hash of its manifest."""

    file: IO[bytes]
    name: str
    sha256: str


@dataclass
class _Writer:
    """Writes files one after the other, and keeps their hashes."""

    archive: ZipFile
    room: int = field(default_factory=lambda: settings.BERTH_EVIDENCE_MEGABYTES * MEGABYTE)
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        """Write a file. Raises EvidenceTooLarge as soon as the pack has no more room."""
        hashed, size = hashlib.sha256(), 0
        with self.archive.open(_entry(name), "w") as file:
            for part in parts:
                size += len(part)
                if size > self.room:
                    raise EvidenceTooLarge(f"{name} takes it past what a pack may hold.")
                hashed.update(part)
                file.write(part)
        self.room -= size
        self.listed[name] = {"sha256": hashed.hexdigest(), "size": size}


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, MIDNIGHT)
    entry.compress_type = ZIP_STORED
    entry.create_system = 3
    entry.external_attr = MODE << 16
    return entry


def made(order: Order, by: Actor) -> Pack:
    """Make the pack of an order, in a file that is gone when it is closed.

    Call it outside a transaction. Raises EvidenceTooLarge past BERTH_EVIDENCE_MEGABYTES.
    """
    segment = segments.of(order.uuid, settings.BERTH_AUDIT_ANCHORS)
    with ExitStack() as kept:
        file = kept.enter_context(tempfile.TemporaryFile())
        with ZipFile(file, "w", ZIP_STORED, allowZip64=False) as archive, long_read():
            writer = _Writer(archive)
            for name, parts in contents.files(order, segment):
                writer.write(name, parts)
            manifest = _manifest(order, by, segment, writer.listed)
            sha256 = hashlib.sha256(chain.canonical_json(manifest)).hexdigest()
            writer.write(verify.MANIFEST, [_sealed(manifest, sha256)])
        file.seek(0)
        kept.pop_all()  # whoever hands it out closes it
    return Pack(file, f"berth-evidence-order-{order.pk}.zip", sha256)


def _manifest(order: Order, by: Actor, segment: Segment, listed: dict[str, Any]) -> dict[str, Any]:
    """Return what the manifest states; only `made` differs between packs of the same rows."""
    anchor = segment.anchor
    return {
        "format": verify.FORMAT,
        "made": {
            "at": now().isoformat(timespec="seconds"),
            "by": {"ident": by.ident, "name": by.name},
            "berth": settings.BERTH_VERSION,
        },
        "order": {"number": order.pk, "uuid": str(order.uuid), "ended_as": order.ended_as},
        "ledger": {
            "first": segment.first,
            "last": segment.last,
            "before": segment.before,
            "head": segment.head,
            "rows": segment.rows,
            "waiting": segment.waiting,
            "anchor": {"seq": anchor.seq, "hash": anchor.hash} if anchor else None,
        },
        "files": listed,
    }


def _sealed(manifest: dict[str, Any], sha256: str) -> bytes:
    signed = signing.sign(chain.canonical_json(manifest))
    return verify.pretty(
        {
            "manifest": manifest,
            "sha256": sha256,
            "key": signed.key.hex(),
            "signature": signed.signature.hex(),
        }
    )
