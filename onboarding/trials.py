"""Running the trial of a connection: within its time, few at once, and fit to be shown.

A trial works in a thread of its own. One that hangs is left when its time is up, and counts as long
as it hangs, so that nobody can pile them up.
"""

import logging
from collections.abc import Callable, Iterable
from threading import Event, Lock, Thread
from time import monotonic

from portal import logs
from portal.errors import TrialUnderWay, storable
from portal.reaching import Tried, failed

SECONDS = 25.0  # of one trial
AT_ONCE = 4  # in one process
MOST_ROWS = 40
LONGEST = {"stage": 60, "came_back": 500, "change": 500}  # characters
NOTHING = "Tell those who made this kind of source."
HANGS = "Look at what it waits for. A stage that answers late makes orders wait as well."

Tries = Callable[[], Iterable[Tried]]
log = logging.getLogger(__name__)


class Trials:
    """The trials that are under way in this process, by who began them."""

    def __init__(self, *, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
        self._at_once = at_once
        self._seconds = seconds
        self._under_way: set[str] = set()
        self._lock = Lock()

    def run(self, tries: Tries, *, who: str) -> list[Tried]:
        """Return the rows of a trial, as far as it comes in time. Raises TrialUnderWay."""
        with self._lock:
            if who in self._under_way or len(self._under_way) >= self._at_once:
                raise TrialUnderWay
            self._under_way.add(who)
        rows: list[Tried] = []
        over = Event()

        def work() -> None:
            try:
                rows.extend(_told(tries, rows, monotonic() + self._seconds))
            finally:
                with self._lock:
                    self._under_way.discard(who)
                over.set()

        Thread(target=work, name="trial", daemon=True).start()
        if over.wait(self._seconds):
            return rows
        return [*rows, failed("Time", f"It took longer than {self._seconds:g} s.", HANGS)]


def _told(tries: Tries, rows: list[Tried], ends: float) -> list[Tried]:
    """Put rows where they are seen as they come, and return what is to be said in the end."""
    try:
        for row in tries():
            if monotonic() > ends:
                break
            if len(rows) == MOST_ROWS:
                return [failed("Trial", f"It told more than {MOST_ROWS} stages.", NOTHING)]
            rows.append(_fit(row))
    except Exception as error:  # noqa: BLE001 - a company's own source may raise anything
        return [_broken(error)]
    return []


def _fit(row: object) -> Tried:
    """Return a row with its texts cut to what can be shown, or one that says that it is none."""
    if not isinstance(row, Tried) or not isinstance(row.ok, bool | None):
        return failed("Trial", "It told something that cannot be understood.", NOTHING)
    texts = {name: storable(str(getattr(row, name)))[:most] for name, most in LONGEST.items()}
    return Tried(texts["stage"], row.ok, texts["came_back"], texts["change"])


def _broken(error: Exception) -> Tried:
    kind = type(error).__name__
    log.error("a trial broke: %s at %s", kind, logs.places(error))
    return failed("Trial", f"It failed in a way nobody foresaw: {kind}.", NOTHING)
