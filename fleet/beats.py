"""When which place is gone over, and what is kept of it: the frame of the nightly look.

There is no leader: whoever moves `due_at` of a place first goes over it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from fleet.models import Beat, Stray, StrayKind
from portal.clock import now

EVERY = timedelta(days=1)
AGAIN = timedelta(minutes=15)  # after the first sight of something; nothing is under way so long
RETRY = timedelta(hours=1)  # after a place did not answer, and while one is gone over

log = logging.getLogger(__name__)

Key = tuple[str, str]  # kind and name


@dataclass(frozen=True)
class Sighting:
    """Something that does not fit the record, as it was just seen.

    `at_once` is for what no order can bring about, so that one look is enough.
    """

    kind: StrayKind
    name: str
    detail: str = ""
    at_once: bool = False

    @property
    def key(self) -> Key:
        return str(self.kind), self.name


def make_all_due() -> None:
    """Let the next round go over every place, whenever it was looked at last."""
    Beat.objects.update(due_at=now())


def take(beat: Beat, moment: datetime) -> bool:
    """Take a place for this look, unless another sweeper was quicker."""
    as_seen = Beat.objects.filter(pk=beat.pk, due_at=beat.due_at)
    return as_seen.update(due_at=moment + RETRY) == 1


def keep_failure(beat: Beat, why: str) -> None:
    """Write down why nothing was seen; what was found before stays as it was."""
    Beat.objects.filter(pk=beat.pk).update(last_error=why)


def keep(beat: Beat, seen: Sequence[Sighting], moment: datetime) -> None:
    """Write down what was seen, what is gone, and when to look next."""
    there = {(stray.kind, stray.name): stray for stray in _open(beat)}
    for sighting in seen:
        _note(beat, sighting, there.pop(sighting.key, None), moment)
    left = [stray.pk for stray in there.values()]
    Stray.objects.filter(pk__in=left, gone_at=None).update(gone_at=moment)
    unsettled = _open(beat).filter(settled_at=None).exists()
    Beat.objects.filter(pk=beat.pk).update(
        looked_at=moment, due_at=moment + (AGAIN if unsettled else EVERY), last_error=""
    )


def _open(beat: Beat) -> QuerySet[Stray]:
    return Stray.objects.filter(beat=beat, gone_at=None)


def _note(beat: Beat, sighting: Sighting, known: Stray | None, moment: datetime) -> None:
    if known is None:
        row = Stray(
            beat=beat,
            kind=sighting.kind,
            name=sighting.name,
            detail=sighting.detail,
            first_seen_at=moment,
            last_seen_at=moment,
            settled_at=moment if sighting.at_once else None,
        )
        Stray.objects.bulk_create([row], ignore_conflicts=True)
    else:
        same = Stray.objects.filter(pk=known.pk, gone_at=None)
        same.update(last_seen_at=moment, detail=sighting.detail)
        if known.first_seen_at > moment - AGAIN:
            return
        if not same.filter(settled_at=None).update(settled_at=moment):
            return
    if known is not None or sighting.at_once:
        log.warning("%s on %s: %s", sighting.kind.label, beat, sighting.name)
