"""What a source answered a moment ago, for hints on pages. Of this process, and bounded."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from onboarding.ports import Answer, Outcome
from portal.clock import now

MOST = 5000  # answers of one source


@dataclass(frozen=True)
class Heard:
    """An answer and when its source was asked for it; `remembered` ones were not asked for anew."""

    answer: Answer
    at: datetime
    remembered: bool = False


class Memory:
    """Keeps permits for one time and refusals for another; what is unknown it never keeps.

    Nothing is given past the answer's own `expires_at`.
    """

    def __init__(self, permit_for: timedelta, refusal_for: timedelta) -> None:
        self._times = {
            Outcome.PERMIT: permit_for,
            Outcome.DENY: refusal_for,
            Outcome.SILENT: refusal_for,
        }
        self._kept: OrderedDict[str, Heard] = OrderedDict()
        self._lock = Lock()

    def recall(self, digest: str) -> Heard | None:
        """Return what is still good of the answer to the question with this digest."""
        with self._lock:
            kept = self._kept.get(digest)
            if kept is None:
                return None
            if self._is_good(kept):
                return kept
            del self._kept[digest]
            return None

    def keep(self, digest: str, heard: Heard) -> None:
        """Keep the answer, unless a question that was asked later has been answered already."""
        with self._lock:
            kept = self._kept.get(digest)
            if kept is not None and kept.at > heard.at:
                return
            self._kept.pop(digest, None)
            if self._is_good(heard):
                self._kept[digest] = heard
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def _is_good(self, heard: Heard) -> bool:
        moment = now()
        answer = heard.answer
        if answer.expires_at is not None and answer.expires_at <= moment:
            return False
        # an answer from the future was kept before the clock was set back
        age = moment - heard.at
        return timedelta() <= age < self._times.get(answer.outcome, timedelta())
