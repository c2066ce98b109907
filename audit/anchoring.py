"""Anchors the newest seal, and compares the ledger with what was anchored.

`audit.inspection` calls this for the sweeper and the commands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from audit import anchors
from audit.anchors import Anchor, Line, Signature
from audit.models import Seal
from portal.clock import now

BATCH = 1000
NAMED = 3  # entries that a finding names before it gives the range

BEHIND = (
    "The ledger ends at seal {head}, but seal {seq} was anchored at {when}: what was sealed as "
    "{gone} is gone. Either somebody took it away, or an older backup was restored. If you "
    "restored one, move the anchor file aside, keep it, and run `manage.py anchor_audit`; "
    "otherwise compare with the newest backup made after that time."
)
OTHER = (
    "Seal {seq} is not the one that was anchored at {when}: among {range} something was changed, "
    "taken away or put in between, and what follows was sealed anew. {before} Compare these "
    "entries with the newest backup that is older than that time."
)
GONE = "Seal {seq}, anchored at {when}, is missing although later ones are there."
FORGED = (
    "Line {number} of the anchor file was changed: its signature does not fit. Compare the file "
    "with a copy that you keep elsewhere."
)
FOREIGN = (
    "The anchor file belongs to another installation: its newest line is signed with a key that "
    "this portal does not know, and its ledger begins with another entry. Name the right file."
)
RETIRED = (
    "The newest line of the anchor file is signed with a key that is not accepted any more, so "
    "anybody may have written it. Put that key at the end of BERTH_FIELD_KEYS and verify again."
)
STOPPED = (
    "The ledger no longer continues what was anchored at {when} as seal {seq}, so nothing more is "
    "anchored. `manage.py verify_audit` says what is wrong and what to do."
)
TORN = "The last line is not whole: its writer was stopped half way. All lines before it count."
UNREADABLE = "Line {number} cannot be read, as a writer leaves it that is stopped half way."
EMPTY = "The anchor file holds no anchor yet: `manage.py anchor_audit` writes one."


@dataclass(frozen=True)
class Anchored:
    """What came of anchoring: the newest anchor, whether it was written now, or why it was not."""

    newest: Anchor | None
    is_written: bool = False
    finding: str = ""


@dataclass
class Comparison:
    """The ledger beside the anchors: what is wrong, what is only worth a word, and how far."""

    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    count: int = 0  # anchors that were compared
    newest: Anchor | None = None  # of those that fit


def anchor(path: Path, *, every: timedelta = timedelta(0)) -> Anchored:
    """Write the newest seal into the file, unless it stands there or the last was just now.

    `every` is how old the newest anchor must be. Nothing is written once the ledger no longer
    continues what was anchored before: the file would otherwise vouch for a ledger that somebody
    rewrote. Raises OSError.
    """
    with anchors.alone(path) as file:
        newest = file.newest()
        finding = _contradiction(newest)
        head = Seal.objects.order_by("-seq").first()
        if finding or head is None or not _is_due(newest, head, every):
            return Anchored(newest, finding=finding)
        drafted = _of(head)
        file.append(drafted)
        return Anchored(drafted, is_written=True)


def _is_due(newest: Anchor | None, head: Seal, every: timedelta) -> bool:
    if newest is None:
        return True
    if now() - datetime.fromisoformat(newest.anchored_at) < every:
        return False
    return newest.seq != head.seq or not anchors.has_newest_key(newest)


def _of(seal: Seal) -> Anchor:
    return Anchor(
        seq=seal.seq,
        hash=seal.hash,
        first=Seal.objects.get(seq=1).hash,
        sealed_at=_text(seal.sealed_at),
        anchored_at=_text(now()),
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _contradiction(newest: Anchor | None) -> str:
    """Say whether the ledger still continues the newest anchor; cheap, so done each time."""
    if newest is None:
        return ""
    is_forged = anchors.signature(newest) is Signature.WRONG
    if not is_forged and Seal.objects.filter(seq=newest.seq, hash=newest.hash).exists():
        return ""
    return STOPPED.format(when=newest.anchored_at, seq=newest.seq)


@dataclass
class _Trail:
    """How far the comparison has come.

    After the first anchor that does not fit, later ones would say nothing new.
    """

    good: Anchor | None = None  # the last one that fits
    is_lost: bool = False
    is_ours: bool = False  # a line was signed with an accepted key


def compare(path: Path) -> Comparison:
    """Compare every anchor of the file with the ledger. Raises OSError for an unreadable file."""
    comparison, trail = Comparison(), _Trail()
    read, last = anchors.lines(path), None
    while batch := list(islice(read, BATCH)):
        _compare_batch(comparison, batch, trail)
        last = next((line.anchor for line in reversed(batch) if line.anchor), last)
    comparison.newest = trail.good
    if last is None:
        comparison.notes.append(EMPTY)
    elif anchors.signature(last) is Signature.UNKNOWN:
        others = comparison.findings if trail.is_ours else []
        comparison.findings = [_unknown(last), *others]
    return comparison


def _unknown(newest: Anchor) -> str:
    is_same_ledger = Seal.objects.filter(seq=1, hash=newest.first).exists()
    return RETIRED if is_same_ledger else FOREIGN


def _compare_batch(comparison: Comparison, batch: Sequence[Line], trail: _Trail) -> None:
    seals = Seal.objects.in_bulk([line.anchor.seq for line in batch if line.anchor])
    for line in batch:
        if line.anchor is None:
            comparison.notes.append(TORN if line.is_torn else UNREADABLE.format(number=line.number))
            continue
        said = anchors.signature(line.anchor)
        trail.is_ours |= said is Signature.RIGHT
        if said is Signature.WRONG:
            comparison.findings.append(FORGED.format(number=line.number))
        elif not trail.is_lost:
            _compare_one(comparison, line.anchor, seals.get(line.anchor.seq), trail)


def _compare_one(comparison: Comparison, anchor: Anchor, seal: Seal | None, trail: _Trail) -> None:
    found = list(_differences(anchor, seal, trail))
    comparison.count += 1
    comparison.findings += found
    if found:
        trail.is_lost = True
    else:
        trail.good = anchor


def _differences(anchor: Anchor, seal: Seal | None, trail: _Trail) -> Iterator[str]:
    """Compare one anchor with its seal."""
    if seal is None:
        yield _missing(anchor)
    elif seal.hash != anchor.hash:
        good = trail.good
        before = (
            f"Up to seal {good.seq}, anchored at {good.anchored_at}, the ledger is as it was."
            if good
            else "No anchor vouches for anything before."
        )
        among = _range(good.seq + 1 if good else 1, anchor.seq)
        yield OTHER.format(seq=anchor.seq, when=anchor.anchored_at, range=among, before=before)


def _missing(anchor: Anchor) -> str:
    last = Seal.objects.order_by("-seq").first()
    head = last.seq if last else 0
    if head > anchor.seq:
        return GONE.format(seq=anchor.seq, when=anchor.anchored_at)
    gone = f"{head + 1} to {anchor.seq}" if anchor.seq > head + 1 else str(anchor.seq)
    return BEHIND.format(head=head, seq=anchor.seq, when=anchor.anchored_at, gone=gone)


def _range(first: int, last: int) -> str:
    """Name the entries that these seals hold now."""
    held = Seal.objects.filter(seq__range=(first, last)).order_by("seq")
    entries = list(held.values_list("entry_id", flat=True))
    if len(entries) <= NAMED:
        return f"entries {', '.join(map(str, entries))} (seals {first} to {last})"
    return f"entries {entries[0]} to {entries[-1]} (seals {first} to {last})"
