"""The circuit breaker of a source: one that fails again and again is left alone for a while.

It is of this process: others find out by themselves.
"""

from datetime import datetime, timedelta
from threading import Lock

from portal.clock import now


class Breaker:
    """Opens after so many failures in a row; 0 never opens it.

    When the pause is over one question is let through. What comes of it closes the breaker, or
    begins the next pause.
    """

    def __init__(self, failures: int, pause: timedelta) -> None:
        self._most = failures
        self._pause = pause
        self._failures = 0
        self._until: datetime | None = None
        self._lock = Lock()

    def lets_through(self) -> bool:
        """Say whether the source may be asked now; while it is tried, nobody else may."""
        with self._lock:
            if self._until is None:
                return True
            moment = now()
            # a clock that was set back must not make the pause longer
            if moment < self._until <= moment + self._pause:
                return False
            self._until = moment + self._pause
            return True

    def succeeded(self) -> None:
        """The source answered."""
        with self._lock:
            self._failures, self._until = 0, None

    def failed(self) -> None:
        """The source gave no answer that could be used."""
        with self._lock:
            self._failures += 1
            if 0 < self._most <= self._failures:
                self._until = now() + self._pause
