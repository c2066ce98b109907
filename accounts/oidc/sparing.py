"""A limit on what strangers can make a process write down."""

from datetime import datetime, timedelta
from threading import Lock

from portal.clock import now

MINUTE = timedelta(minutes=1)


class Sparing:
    """Allows so many a minute in this process; the rest stands in the log alone."""

    def __init__(self, a_minute: int) -> None:
        self._most = a_minute
        self._lock = Lock()
        self._since: datetime | None = None
        self._count = 0

    def allows(self) -> bool:
        """Say whether one more is within the limit, and count it."""
        with self._lock:
            if self._since is None or not self._since <= now() < self._since + MINUTE:
                self._since, self._count = now(), 0
            self._count += 1
            return self._count <= self._most
