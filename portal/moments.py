"""Times and lengths of time in words."""

from datetime import datetime, timedelta

from portal.clock import now

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def relative(at: datetime) -> str:
    """Return how far a moment is from now, such as "4 minutes ago" or "in 2 hours"."""
    away = at - now()
    distance = abs(away)
    if distance < MINUTE:
        return "in less than a minute" if away > timedelta(0) else "just now"
    text = _counted(distance)
    return f"in {text}" if away > timedelta(0) else f"{text} ago"


def _counted(distance: timedelta) -> str:
    for size, word in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if distance >= size:
            count = distance // size
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return "less than a minute"


def length(span: timedelta) -> str:
    """Return a length of time as people write it: "0.3 s", "12 s", "4 min", "2 h 5 min", "3 d"."""
    if span < MINUTE:
        return _seconds(span.total_seconds())
    if span < HOUR:
        return f"{span // MINUTE} min"
    if span < DAY:
        return f"{span // HOUR} h {span % HOUR // MINUTE} min"
    return f"{span // DAY} d {span % DAY // HOUR} h"


def _seconds(seconds: float) -> str:
    if seconds < 0.1:
        return "under 0.1 s"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
