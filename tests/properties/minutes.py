"""A slow calendar to hold the real one against: it looks at every minute and every day by itself.

It knows no library of recurrence and no arithmetic with offsets: what a clock on a wall shows is
asked of the zone, minute after minute.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from onboarding.calendar.windows import Place, Scope, Window, WindowKind

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# around the days on which clocks change in both halves of the world
SPANS = (
    (datetime(2026, 2, 25, tzinfo=UTC), 50),
    (datetime(2026, 9, 20, tzinfo=UTC), 55),
)


@lru_cache(maxsize=32)
def walls(zone: str, span: tuple[datetime, int]) -> list[datetime]:
    """Return what the clock shows at each minute of a span."""
    begin, days = span
    there = ZoneInfo(zone)
    moments = (begin + number * MINUTE for number in range(days * 1440))
    return [each.astimezone(there).replace(tzinfo=None, fold=0) for each in moments]


@lru_cache(maxsize=32)
def first_seen(zone: str, span: tuple[datetime, int]) -> dict[datetime, int]:
    """Return the first minute at which the clock shows each time."""
    seen: dict[datetime, int] = {}
    for number, wall in enumerate(walls(zone, span)):
        seen.setdefault(wall, number)
    return seen


def minute_of(wall: datetime, zone: str, span: tuple[datetime, int]) -> int:
    """Return the minute at which a clock shows a time, or would have, had it not jumped."""
    seen = first_seen(zone, span)
    if wall in seen:
        return seen[wall]
    before = wall
    while before not in seen:
        before -= MINUTE
    return seen[before] + (wall - before) // MINUTE


def begins(window: Window, last: date) -> Iterator[datetime]:
    """Yield when a window begins, asking of every day whether its rule gives it."""
    parts = dict(part.split("=") for part in window.rule.split(";") if part)
    left = int(parts.get("COUNT", "1000000")) if parts else 1
    day = window.first.date()
    while left and day <= min(last, window.until or last):
        if day == window.first.date() or (parts and gives(parts, window.first.date(), day)):
            yield datetime.combine(day, window.first.time())
            left -= 1
        day += DAY


def gives(parts: dict[str, str], first: date, day: date) -> bool:
    """Say whether a rule gives a day: the parts that the tests write, and no others."""
    every, interval = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    if every == "DAILY":
        return (day - first).days % interval == 0 and _named(parts, day)
    if every == "WEEKLY":
        weeks = (_monday(day) - _monday(first)).days // 7
        days = parts.get("BYDAY", WEEKDAYS[first.weekday()]).split(",")
        return weeks % interval == 0 and WEEKDAYS[day.weekday()] in days
    months = (day.year - first.year) * 12 + day.month - first.month
    steps = months if every == "MONTHLY" else months / 12
    if steps % interval:
        return False
    return _named(parts, day) if "BYDAY" in parts else day.day == first.day


def _named(parts: dict[str, str], day: date) -> bool:
    if "BYDAY" not in parts:
        return True
    from_start = (day.day - 1) // 7 + 1
    after = day + 7 * DAY
    names = {WEEKDAYS[day.weekday()], f"{from_start}{WEEKDAYS[day.weekday()]}"}
    if after.month != day.month:
        names.add(f"-1{WEEKDAYS[day.weekday()]}")
    return bool(names & {*parts["BYDAY"].split(",")})


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def times(window: Window, span: tuple[datetime, int]) -> list[tuple[int, int]]:
    """Return from which to which minute of the span a window is, each time."""
    begin, days = span
    last = (begin + (days - 7) * DAY).date()
    found = []
    for wall in begins(window, last):
        start = minute_of(wall, window.zone, span)
        whole, rest = divmod(window.minutes, 1440)
        found.append((start, minute_of(wall + whole * DAY, window.zone, span) + rest))
    return found


def closed(place: Place, windows: Sequence[Window], span: tuple[datetime, int]) -> bytearray:
    """Return for each minute of the span whether the place is closed."""
    shut = bytearray(span[1] * 1440)
    mine = [each for each in windows if each.covers(place)]
    for window in mine:
        if window.kind is WindowKind.FREEZE:
            _mark(shut, times(window, span))
    for scope in Scope:
        kept = [each for each in mine if each.kind != "freeze" and each.scope is scope]
        if kept:
            open_ = bytearray(len(shut))
            found = [(each, times(each, span)) for each in kept]
            for _, those in found:
                _mark(open_, those)
            over = [_over(each, those, len(shut)) for each, those in found]
            for minute in range(max(over)):
                shut[minute] |= not open_[minute]
    return shut


def _over(window: Window, found: list[tuple[int, int]], length: int) -> int:
    """Return the minute from which a window never comes again."""
    ends = not window.rule or "COUNT" in window.rule or window.until is not None
    return max(end for _, end in found) if ends else length


def _mark(minutes: bytearray, found: list[tuple[int, int]]) -> None:
    for begin, end in found:
        for minute in range(max(begin, 0), min(end, len(minutes))):
            minutes[minute] = 1


def first_free(shut: bytearray, minute: int, length: int) -> int | None:
    """Return the first minute from which on so many are open, by looking at each."""
    run = 0
    for number in range(minute, len(shut)):
        run = 0 if shut[number] else run + 1
        if run == length:
            return number - length + 1
    return None
