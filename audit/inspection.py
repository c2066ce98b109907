"""Inspections of the ledger: anchored and verified, and what people are shown of both.

The sweeper calls `anchor_due` and `verify_due`, the commands `anchor` and `verify`.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from audit import anchoring, chain
from audit.anchoring import Anchored, Comparison
from audit.models import Inspection
from portal.clock import now

VERIFY_EVERY = timedelta(days=1)
MISSING = (
    "The anchor file {path} is missing, although seal {seq} was anchored at {when:%Y-%m-%d %H:%M} "
    "UTC. Put it back from the copy that you keep elsewhere and verify again."
)
SHORTER = (
    "The portal has anchored up to seal {seq}, and this file ends at seal {last}: it is an older "
    "copy, one of several, or its newest lines were taken away."
)
NEVER = "Nothing was anchored yet: a ledger that somebody rewrote as a whole would look right."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verified:
    """What the ledger says of itself, and what the anchors say of it; None without a file."""

    ledger: chain.State
    anchors: Comparison
    path: Path

    @property
    def findings(self) -> list[str]:
        return [*self.anchors.findings, *self.ledger.findings]


def anchor(path: Path, *, every: timedelta = timedelta(0)) -> Anchored:
    """Anchor the newest seal, no more often than `every`, and keep what came of it.

    Raises OSError where the file cannot be written.
    """
    anchored = anchoring.anchor(path, every=every)
    if anchored.finding:
        _failed(anchored.finding)
    elif anchored.newest and anchored.is_written:
        _keep(Inspection.Kind.ANCHORED, anchored.newest.seq)
    return anchored


def anchor_due() -> None:
    """Anchor, if the newest anchor is old enough; a file that cannot be written is told."""
    try:
        anchor(settings.BERTH_AUDIT_ANCHORS, every=settings.BERTH_AUDIT_ANCHOR_EVERY)
    except OSError as error:
        _failed(f"The anchor file cannot be written: {error.strerror}.")


def verify(path: Path) -> Verified:
    """Read the whole ledger and compare it with the anchors at `path`, and keep what was found.

    Raises OSError where the file is there and cannot be read.
    """
    anchors = anchoring.compare(path) if path.exists() else Comparison()
    verified = Verified(chain.state(), anchors, path)
    _beside_what_was_anchored(verified)
    findings = verified.findings
    _keep(Inspection.Kind.VERIFIED, verified.ledger.sealed, findings[0] if findings else "")
    return verified


def verify_due() -> None:
    """Verify once in VERIFY_EVERY, whatever number of sweepers ask; what is wrong is logged."""
    if not _is_taken():
        return
    try:
        findings = verify(settings.BERTH_AUDIT_ANCHORS).findings
    except OSError as error:
        findings = [f"The anchor file cannot be read: {error.strerror}."]
        _keep(Inspection.Kind.VERIFIED, 0, findings[0])
    for finding in findings:
        log.error("the ledger does not hold: %s", finding)


def _beside_what_was_anchored(verified: Verified) -> None:
    """Look whether the file is the one, and all of it, that this portal anchored into."""
    row = Inspection.objects.filter(kind=Inspection.Kind.ANCHORED, seq__gt=0).first()
    newest = verified.anchors.newest
    if row is None or row.at is None:
        verified.anchors.notes.extend([] if newest else [NEVER])
    elif not verified.path.exists():
        missing = MISSING.format(path=verified.path, seq=row.seq, when=row.at)
        verified.anchors.findings.append(missing)
    elif newest and newest.seq < row.seq and not verified.anchors.findings:
        verified.anchors.notes.append(SHORTER.format(seq=row.seq, last=newest.seq))


def _is_taken() -> bool:
    """Take today's look at the ledger, unless another sweeper was quicker."""
    moment = now()
    Inspection.objects.bulk_create(
        [Inspection(kind=Inspection.Kind.VERIFIED)], ignore_conflicts=True
    )
    due = Q(begun_at=None) | Q(begun_at__lte=moment - VERIFY_EVERY)
    rows = Inspection.objects.filter(due, kind=Inspection.Kind.VERIFIED)
    return rows.update(begun_at=moment) == 1


def _failed(told: str) -> None:
    """Let people see why nothing is anchored; when it last was stays."""
    log.error(told)
    Inspection.objects.bulk_create(
        [Inspection(kind=Inspection.Kind.ANCHORED, finding=told)],
        update_conflicts=True,
        unique_fields=["kind"],
        update_fields=["finding"],
    )


def _keep(kind: Inspection.Kind, seq: int, finding: str = "") -> None:
    Inspection.objects.bulk_create(
        [Inspection(kind=kind, begun_at=now(), at=now(), seq=seq, finding=finding)],
        update_conflicts=True,
        unique_fields=["kind"],
        update_fields=["begun_at", "at", "seq", "finding"],
    )
