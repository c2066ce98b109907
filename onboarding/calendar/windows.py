"""Freezes and maintenance windows over plain rows: what is closed when, and the next slot. Pure.

A freeze wins. Where maintenance windows are set for a scope, changes there happen only inside one
of that scope. Without any window everything is open. Moments are aware; what a window says of its
own begin is the clock on the wall of its zone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from onboarding.calendar import recurrence

DAY = timedelta(days=1)
AHEAD = timedelta(days=366)  # so far is looked for a slot
SKEW = timedelta(days=2)  # clocks on walls are nowhere farther apart
MINUTES_A_DAY = 1440


class WindowKind(StrEnum):
    """What a window does."""

    FREEZE = "freeze"  # nothing happens inside
    MAINTENANCE = "maintenance"  # something happens only inside


class Scope(StrEnum):
    """How far a window reaches."""

    GLOBAL = "global"
    REGION = "region"
    CLUSTER = "cluster"
    TENANT = "tenant"


@dataclass(frozen=True, order=True)
class Place:
    """Where something would happen: a tenant's space on a cluster, by their slugs."""

    tenant: str
    cluster: str
    region: str


@dataclass(frozen=True)
class Window:
    """A window as its row says it. `of` names the region, cluster or tenant of its scope."""

    kind: WindowKind
    name: str
    reason: str
    scope: Scope
    of: str
    zone: str
    first: datetime  # by the clock on the wall, without a zone
    minutes: int
    rule: str = ""
    until: date | None = None  # the last day on which it may begin

    @property
    def where(self) -> str:
        """Return its scope in words."""
        match self.scope:
            case Scope.GLOBAL:
                return "all clusters"
            case Scope.REGION:
                return f"region {self.of}"
            case Scope.CLUSTER:
                return f"cluster {self.of}"
            case Scope.TENANT:
                return f"tenant {self.of}"

    def covers(self, place: Place) -> bool:
        match self.scope:
            case Scope.GLOBAL:
                return True
            case Scope.REGION:
                return self.of == place.region
            case Scope.CLUSTER:
                return self.of == place.cluster
            case Scope.TENANT:
                return self.of == place.tenant

    def said(self, moment: datetime) -> str:
        """Return a moment in the window's own zone, as people write it."""
        return f"{moment.astimezone(ZoneInfo(self.zone)):%a %-d %b %Y %H:%M} {self.zone}"


@dataclass(frozen=True)
class Occurrence:
    """One time that a window is: from `begin` to before `end`, in UTC."""

    begin: datetime
    end: datetime
    window: Window


@dataclass(frozen=True)
class Closure:
    """Why a place is closed: a freeze that holds until `ends`, or a window that is yet to begin.

    `ends` is None where no maintenance window comes within a year.
    """

    window: Window
    place: Place
    ends: datetime | None

    @property
    def words(self) -> str:
        """Return what holds, why, and when it ends."""
        it = self.window
        if it.kind is WindowKind.FREEZE and self.ends is not None:
            until = it.said(self.ends)
            return f"Freeze {it.name} holds {it.where} until {until}: {_ended(it.reason)}"
        about = f"Changes on {it.where} happen only in maintenance windows"
        if self.ends is None:
            return f"{about}, and none comes within a year."
        return f"{about}; the next, {it.name}, begins {it.said(self.ends)}: {_ended(it.reason)}"

    @property
    def waits_for(self) -> str:
        """Return what is waited for, after the words `Waiting for`."""
        it, on = self.window, f"on {self.place.cluster}"
        if it.kind is WindowKind.FREEZE and self.ends is not None:
            return f"the end of freeze {it.name} {on}, {it.said(self.ends)}"
        if self.ends is None:
            return f"a maintenance window {on}, of which none comes within a year"
        return f"the maintenance window {it.name} {on}, {it.said(self.ends)}"


@dataclass(frozen=True)
class Slot:
    """A stretch of time in which nothing is closed; `end` is None where none begins in a year."""

    begin: datetime
    end: datetime | None


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "…")) else f"{sentence}."


# When a window is


def at(wall: datetime, zone: str) -> datetime:
    """Return a time of the clock on the wall as a moment, by section 3.3.5 of RFC 5545.

    A time that comes twice is its first; one that is skipped counts by the offset before.
    """
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def end_of(window: Window, wall: datetime) -> datetime:
    """Return when what began at this time ends: whole days by the calendar, the rest exactly."""
    days, minutes = divmod(window.minutes, MINUTES_A_DAY)
    return at(wall + days * DAY, window.zone) + timedelta(minutes=minutes)


def occurrences(window: Window, begin: datetime, end: datetime) -> Iterator[Occurrence]:
    """Yield each time that a window is between two moments, wholly or in part, in order."""
    earliest = (begin - timedelta(minutes=window.minutes) - SKEW).replace(tzinfo=None)
    latest = (end + SKEW).replace(tzinfo=None)
    for year in range(earliest.year, latest.year + 1):
        for wall in recurrence.starts(window.rule, window.first, window.until, year):
            if not earliest <= wall <= latest:
                continue
            found = Occurrence(at(wall, window.zone), end_of(window, wall), window)
            if found.begin < end and found.end > begin:
                yield found


def over_at(window: Window) -> datetime | None:
    """Return when its last time ends; None for one that comes again for ever."""
    last = recurrence.last_start(window.rule, window.first, window.until)
    return None if last is None else end_of(window, last)


# What is closed


def closed_by(moment: datetime, place: Place, windows: Iterable[Window]) -> Closure | None:
    """Return what closes a place at a moment, or None.

    It is the freeze that ends last, or else the scope whose maintenance window comes last.
    """
    mine = [each for each in windows if each.covers(place)]
    held = [
        Closure(window, place, each.end)
        for window in mine
        if window.kind is WindowKind.FREEZE
        for each in occurrences(window, moment, moment + timedelta.resolution)
    ]
    missing = [
        closure
        for scope in _maintained(mine)
        if (closure := _missing(moment, place, scope)) is not None
    ]
    never = moment + 2 * AHEAD
    return max(held or missing, key=lambda each: each.ends or never, default=None)


def _maintained(windows: Sequence[Window]) -> list[list[Window]]:
    """Group maintenance windows by their scope."""
    scopes: dict[Scope, list[Window]] = {}
    for window in windows:
        if window.kind is WindowKind.MAINTENANCE:
            scopes.setdefault(window.scope, []).append(window)
    return list(scopes.values())


def _missing(moment: datetime, place: Place, scope: Sequence[Window]) -> Closure | None:
    """Return what is waited for where one scope has windows and the moment is in none of them."""
    alive = [each for each in scope if (over := over_at(each)) is None or over > moment]
    coming = [next(occurrences(each, moment, moment + AHEAD), None) for each in alive]
    if not alive or any(each and each.begin <= moment for each in coming):
        return None
    first = min((each for each in coming if each), key=lambda each: each.begin, default=None)
    if first is None:
        return Closure(alive[0], place, None)
    return Closure(first.window, place, first.begin)


# When it is open


def next_free(
    moment: datetime, length: timedelta, places: Iterable[Place], windows: Sequence[Window]
) -> Slot | None:
    """Return the first stretch of at least this length, from a moment on, that is open everywhere.

    None where there is none that begins within a year.
    """
    horizon = moment + AHEAD + length
    begin = moment
    for closed_from, closed_to in sorted(_closed(moment, horizon, places, windows)):
        if closed_from >= begin + length:
            return Slot(begin, closed_from)
        begin = max(begin, closed_to)
    return Slot(begin, None) if begin + length <= horizon else None


def _closed(
    begin: datetime, end: datetime, places: Iterable[Place], windows: Sequence[Window]
) -> Iterator[tuple[datetime, datetime]]:
    for place in sorted({*places}):
        mine = [each for each in windows if each.covers(place)]
        for window in mine:
            if window.kind is WindowKind.FREEZE:
                yield from ((each.begin, each.end) for each in occurrences(window, begin, end))
        for scope in _maintained(mine):
            yield from _gaps(begin, end, scope)


def _gaps(
    begin: datetime, end: datetime, scope: Sequence[Window]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when one scope's maintenance windows are all shut, while any of them still comes."""
    ends = [over_at(each) for each in scope]
    last = end if None in ends else max(over for over in ends if over)
    found = (each for window in scope for each in occurrences(window, begin, end))
    for each in sorted(found, key=lambda each: each.begin):
        if each.begin > begin:
            yield begin, each.begin
        begin = max(begin, each.end)
    if begin < min(last, end):
        yield begin, min(last, end)
