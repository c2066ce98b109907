"""The time that one effect may take: it has to end well before the lease it runs under."""

from time import monotonic

from django.conf import settings

from fleet.ports import CALL_SECONDS
from portal.errors import ClusterBusy

SHARE = 4  # a fence protects rows, not clusters: an effect ends in a quarter of the lease


class Budget:
    """Seconds that are left, counted from when it was made."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = monotonic() + seconds

    @classmethod
    def of_effect(cls) -> "Budget":
        return cls(settings.BERTH_LEASE.total_seconds() / SHARE)

    def left(self) -> float:
        """Return the seconds left. Raises ClusterBusy when there are none."""
        seconds = self._ends_at - monotonic()
        if seconds <= 0:
            raise ClusterBusy("The cluster answers slowly; this goes on at the next try.")
        return seconds

    def call(self) -> float:
        """Return how long one answer may be waited for."""
        return min(CALL_SECONDS, self.left())
