"""A month of the calendar as a table of days and as a list, in the zone of who looks. Pure."""

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from heapq import merge
from itertools import islice

from onboarding.calendar.windows import Occurrence, Window, occurrences

MONTHS = range(2000 * 12, 2101 * 12)  # that can be looked at
MOST = 300  # of one month; more are not shown, and the page says so
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Month:
    """A year and a month, and the months around it."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str, otherwise: date) -> "Month":
        """Return what `2026-12` names, or the month of a day where the text names none."""
        year, _, month = text.partition("-")
        if not (year.isdecimal() and month.isdecimal() and len(text) <= 7):
            return cls.of(otherwise)
        found = cls(int(year), int(month))
        fits = 1 <= found.month <= 12 and found._number in MONTHS
        return found if fits else cls.of(otherwise)

    @property
    def _number(self) -> int:
        return self.year * 12 + self.month - 1

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    def beside(self, months: int) -> "Month":
        """Return the month so many months later, at most the last that can be looked at."""
        number = min(max(self._number + months, MONTHS[0]), MONTHS[-1])
        return Month(number // 12, number % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True)
class Day:
    """A day of the table: what is on it, and whether it belongs to the month, and is today."""

    day: date
    within: bool
    today: bool
    found: Sequence[Occurrence]


@dataclass(frozen=True)
class Sheet:
    """A month as weeks of days, and all that is in it by its begin."""

    month: Month
    weeks: Sequence[Sequence[Day]]
    listed: Sequence[Occurrence]
    is_cut: bool


def sheet(month: Month, windows: Sequence[Window], *, zone: tzinfo, today: date) -> Sheet:
    """Lay out a month as its clock on the wall of `zone` has it, with weeks from Monday."""
    days = Calendar().monthdatescalendar(month.year, month.month)
    begin, end = _starts(days[0][0], zone), _starts(days[-1][-1] + DAY, zone)
    several = (occurrences(each, begin, end) for each in windows)
    found = list(islice(merge(*several, key=lambda each: each.begin), MOST + 1))
    shown = found[:MOST]
    weeks = [
        [Day(day, day.month == month.month, day == today, _on(day, shown, zone)) for day in week]
        for week in days
    ]
    first, after = _starts(month.first, zone), _starts(month.beside(1).first, zone)
    listed = [each for each in shown if each.begin < after and each.end > first]
    return Sheet(month, weeks, listed, is_cut=len(found) > MOST)


def _starts(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _on(day: date, found: Sequence[Occurrence], zone: tzinfo) -> list[Occurrence]:
    begin, end = _starts(day, zone), _starts(day + DAY, zone)
    return [each for each in found if each.begin < end and each.end > begin]
