"""Rules of RFC 5545 by which a window comes again: what a rule may say, and when it begins. Pure.

A rule is about days: a window begins at one time of the day, so no rule gives more than one
beginning a day, and nothing that is asked of it can grow without bound.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice

from dateutil import rrule

EVERY = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST_TIMES = 1000
LONGEST_INTERVAL = 1000
LONGEST_RULE = 200  # characters
MOST_OF_A_WEEKDAY = 5  # in one month
LAST_YEAR = 2200  # beyond it nothing is worked out
DAYS = "MO|TU|WE|TH|FR|SA|SU"


def _numbers(most: int, *, negative: bool) -> Callable[[str], bool]:
    """Return what takes a list of numbers from 1 to `most`, or also those counted from the end."""

    def fits(text: str) -> bool:
        words = text.split(",")
        shape = r"[+-]?\d{1,3}" if negative else r"\d{1,3}"
        return all(re.fullmatch(shape, word) and 1 <= abs(int(word)) <= most for word in words)

    return fits


def _weekdays(text: str) -> bool:
    return all(
        re.fullmatch(rf"([+-]?[1-9]\d?)?({DAYS})", word) and abs(_ordinal(word)) <= 53
        for word in text.split(",")
    )


def _ordinal(word: str) -> int:
    return int(word[:-2] or 0)


def _up_to(most: int) -> Callable[[str], bool]:
    return lambda text: bool(re.fullmatch(r"\d{1,4}", text)) and 1 <= int(text) <= most


# each part: what it takes, and that in words
PARTS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "FREQ": (EVERY.__contains__, "one of DAILY, WEEKLY, MONTHLY and YEARLY"),
    "INTERVAL": (_up_to(LONGEST_INTERVAL), f"a number from 1 to {LONGEST_INTERVAL}"),
    "COUNT": (_up_to(MOST_TIMES), f"a number from 1 to {MOST_TIMES}"),
    "BYDAY": (_weekdays, "days such as MO or, in a month or year, 1SA and -1FR"),
    "BYMONTH": (_numbers(12, negative=False), "months from 1 to 12"),
    "BYMONTHDAY": (_numbers(31, negative=True), "days from 1 to 31, or -1 for the last"),
    "BYYEARDAY": (_numbers(366, negative=True), "days from 1 to 366, or -1 for the last"),
    "BYWEEKNO": (_numbers(53, negative=True), "weeks from 1 to 53"),
    "BYSETPOS": (_numbers(366, negative=True), "positions such as 1 or -1"),
    "WKST": (DAYS.split("|").__contains__, "a day such as MO"),
}
EXAMPLE = "such as FREQ=WEEKLY;BYDAY=FR"


def fault(text: str, first: datetime) -> str:
    """Say in one sentence what is wrong with a rule that begins at `first`; "" when nothing is."""
    if len(text) > LONGEST_RULE:
        return f"The rule is longer than {LONGEST_RULE} characters."
    pairs = [part.split("=", 1) for part in text.split(";")]
    if any(len(pair) != 2 for pair in pairs):
        return f"A rule is made of parts NAME=VALUE with semicolons between them, {EXAMPLE}."
    parts = dict(pairs)
    if len(parts) < len(pairs):
        return "The rule says the same part twice."
    return _fault_of_parts(parts) or _fault_of_first(text, parts, first)


def _fault_of_parts(parts: Mapping[str, str]) -> str:
    for name, value in parts.items():
        if name in {"UNTIL", "BYHOUR", "BYMINUTE", "BYSECOND"}:
            return f"{name} does not stand in the rule: the form has its own field for it."
        if name not in PARTS:
            return f"{name[:20]} is no part of a rule that Berth knows."
        takes, words = PARTS[name]
        if not takes(value):
            return f"{name} takes {words}."
    return _fault_between(parts)


def _fault_between(parts: Mapping[str, str]) -> str:
    """Say which parts do not go together, after section 3.3.10 of RFC 5545."""
    every = parts.get("FREQ", "")
    by = {name for name in parts if name.startswith("BY")}
    ordinals = [abs(_ordinal(word)) for word in parts.get("BYDAY", "MO").split(",")]
    numbered = any(ordinals)
    monthly, yearly = every in {"MONTHLY", "YEARLY"}, every == "YEARLY"
    faults = {
        f"The rule says no FREQ, {EXAMPLE}.": not every,
        "A numbered day such as 1SA needs FREQ=MONTHLY or YEARLY, and no BYWEEKNO.": numbered
        and (not monthly or "BYWEEKNO" in by),
        "A month has no day beyond the fifth of its kind, such as 5MO.": max(ordinals)
        > MOST_OF_A_WEEKDAY
        and (not yearly or "BYMONTH" in by),
        "BYWEEKNO needs FREQ=YEARLY.": "BYWEEKNO" in by and not yearly,
        "BYYEARDAY needs FREQ=YEARLY.": "BYYEARDAY" in by and not yearly,
        "BYMONTHDAY does not go with FREQ=WEEKLY.": "BYMONTHDAY" in by and every == "WEEKLY",
        "BYSETPOS needs FREQ=MONTHLY or YEARLY, and another part that begins with BY.": "BYSETPOS"
        in by
        and (len(by) == 1 or not monthly),
    }
    return next((sentence for sentence, is_so in faults.items() if is_so), "")


def _fault_of_first(text: str, parts: Mapping[str, str], first: datetime) -> str:
    """Refuse a rule that does not give its own first start: such a rule may give nothing at all.

    What can be seen of the day itself is looked at first, because a rule like the 30th of February
    would be followed to the end of time.
    """
    if _may_be(parts, first) and next(iter(_rule(text, first, first)), None) == first:
        return ""
    return f"The first start, {first:%a %-d %b %Y}, is not among the days that the rule gives."


def _may_be(parts: Mapping[str, str], first: datetime) -> bool:
    monthdays = (first.day, first.day - monthrange(first.year, first.month)[1] - 1)
    yearday = first.timetuple().tm_yday
    yeardays = (yearday, yearday - (366 if isleap(first.year) else 365) - 1)
    days = [word[-2:] for word in parts.get("BYDAY", "").split(",") if word]
    return all(
        (
            _among(parts, "BYMONTH", (first.month,)),
            _among(parts, "BYMONTHDAY", monthdays),
            _among(parts, "BYYEARDAY", yeardays),
            not days or DAYS.split("|")[first.weekday()] in days,
        )
    )


def _among(parts: Mapping[str, str], name: str, found: Sequence[int]) -> bool:
    return name not in parts or any(int(word) in found for word in parts[name].split(","))


def _rule(text: str, first: datetime, last: datetime) -> rrule.rrule:
    """Return the rule up to a moment, whatever COUNT says: nothing runs on to the end of time."""
    read = rrule.rrulestr(f"RRULE:{text}", dtstart=first)
    return read.replace(count=None, until=last)


@lru_cache(maxsize=4096)
def starts(text: str, first: datetime, until: date | None, year: int) -> tuple[datetime, ...]:
    """Return when it begins in a year, by the clock on the wall. A rule without text is once.

    `until` is the last day on which it may begin.
    """
    if not text:
        return (first,) if first.year == year else ()
    if year > LAST_YEAR or year < first.year:
        return ()
    last = datetime(year, 12, 31, 23, 59, 59)  # noqa: DTZ001 - the clock on the wall has no zone
    if until is not None:
        last = min(last, datetime.combine(until, first.time()))
    return tuple(at for at in islice(_rule(text, first, last), times(text)) if at.year == year)


def times(text: str) -> int | None:
    """Return how often the rule lets it begin; None where that is not bounded by a number."""
    found = re.search(r"(?:^|;)COUNT=(\d+)", text)
    return int(found[1]) if found else None


@lru_cache(maxsize=1024)
def last_start(text: str, first: datetime, until: date | None) -> datetime | None:
    """Return the last time that it begins; None for a rule that goes on."""
    if not text:
        return first
    count = times(text)
    if until is None and count is None:
        return None
    ends = until or date(first.year + 100, 1, 1)
    found = list(islice(_rule(text, first, datetime.combine(ends, first.time())), count))
    if until is None and len(found) < (count or 0):
        return None
    return found[-1] if found else first
