"""The calendar against a slow one that looks at every minute: zones, changing clocks, overlap."""

from datetime import datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from onboarding.calendar import recurrence
from onboarding.calendar.windows import (
    Place,
    Scope,
    Window,
    WindowKind,
    closed_by,
    next_free,
    occurrences,
)
from tests.properties import minutes
from tests.properties.minutes import DAY, MINUTE, SPANS, WEEKDAYS

ZONES = (
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Auckland",
    "Asia/Kathmandu",
    "America/St_Johns",
)
PLACE = Place("retail", "eu1-a", "eu1")
OTHER = Place("retail", "us1-a", "us1")
SCOPES = {
    Scope.GLOBAL: [""],
    Scope.REGION: ["eu1", "us1"],
    Scope.CLUSTER: ["eu1-a", "us1-a"],
    Scope.TENANT: ["retail", "lending"],
}
USABLE = 1440 * 35  # minutes of a span in which nothing is cut off
Span = tuple[datetime, int]


@st.composite
def windows(draw: st.DrawFn, span: Span) -> Window:
    """A window that begins early in a span, most of them on days and hours of changing clocks."""
    zone = draw(st.sampled_from(ZONES))
    first = span[0].replace(tzinfo=None) + draw(st.integers(2, 30)) * DAY
    first += (
        draw(st.sampled_from([0, 30, 60, 90, 119, 120, 150, 179, 180, 240, 719, 1410])) * MINUTE
    )
    scope = draw(st.sampled_from([*Scope]))
    rule = draw(st.sampled_from(rules_of(first)))
    until = draw(st.none() | st.integers(0, 12)) if rule and "COUNT" not in rule else None
    return Window(
        kind=draw(st.sampled_from([*WindowKind])),
        name="A window",
        reason="So it is.",
        scope=scope,
        of=draw(st.sampled_from(SCOPES[scope])),
        zone=zone,
        first=first,
        minutes=draw(st.sampled_from([1, 30, 60, 61, 180, 1439, 1440, 1441, 2880, 5000])),
        rule=rule,
        until=None if until is None else (first + until * DAY).date(),
    )


def rules_of(first: datetime) -> list[str]:
    """Return rules that give a first day."""
    day = WEEKDAYS[first.weekday()]
    return [
        "",
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=DAILY;COUNT=4",
        f"FREQ=DAILY;BYDAY={day},SU",
        "FREQ=WEEKLY",
        f"FREQ=WEEKLY;BYDAY={day},SU,WE",
        f"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,{day}",
        "FREQ=WEEKLY;COUNT=2",
        "FREQ=MONTHLY",
        f"FREQ=MONTHLY;BYDAY={(first.day - 1) // 7 + 1}{day}",
        "FREQ=YEARLY",
    ]


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Span, list[Window], int]:
    """A span, some windows, and a minute of it."""
    span = draw(st.sampled_from(SPANS))
    several = draw(st.lists(windows(span), max_size=5))
    return span, several, draw(st.integers(0, USABLE))


@given(calendars())
def test_a_rule_that_gives_its_first_day_has_no_fault(
    calendar: tuple[Span, list[Window], int],
) -> None:
    _, several, _ = calendar
    assert [recurrence.fault(each.rule, each.first) for each in several if each.rule] == [
        "" for each in several if each.rule
    ]


@settings(deadline=None)
@given(calendars())
def test_a_window_is_when_a_clock_that_is_watched_says_so(
    calendar: tuple[Span, list[Window], int],
) -> None:
    span, several, _ = calendar
    for window in several:
        end = span[0] + USABLE * MINUTE
        found = [
            ((each.begin - span[0]) // MINUTE, (each.end - span[0]) // MINUTE)
            for each in occurrences(window, span[0], end)
        ]
        assert found == [each for each in minutes.times(window, span) if each[0] < USABLE]


@settings(deadline=None)
@given(calendars())
def test_a_place_is_closed_at_just_the_minutes_that_the_slow_calendar_closes(
    calendar: tuple[Span, list[Window], int],
) -> None:
    span, several, minute = calendar
    shut = minutes.closed(PLACE, several, span)
    for number in {minute, *_edges(several, span)}:
        closure = closed_by(span[0] + number * MINUTE, PLACE, several)
        assert (closure is not None) == bool(shut[number]), number


def _edges(several: list[Window], span: Span) -> set[int]:
    """Return minutes beside each begin and end, where mistakes are."""
    found = {edge for each in several for time in minutes.times(each, span)[:4] for edge in time}
    return {near for edge in found for near in (edge - 1, edge) if 0 <= near < USABLE}


@settings(deadline=None)
@given(calendars(), st.sampled_from([1, 30, 60, 600]))
def test_the_next_free_slot_is_the_one_that_looking_at_each_minute_finds(
    calendar: tuple[Span, list[Window], int], length: int
) -> None:
    span, several, minute = calendar
    both = [minutes.closed(place, several, span) for place in (PLACE, OTHER)]
    shut = bytearray(one | other for one, other in zip(*both, strict=True))
    wanted = minutes.first_free(shut, minute, length)
    assume(wanted is None or wanted + length < USABLE)
    slot = next_free(span[0] + minute * MINUTE, length * MINUTE, [PLACE, OTHER], several)
    if wanted is None:
        assert slot is None or slot.begin - span[0] > (USABLE - length) * MINUTE
    else:
        assert slot is not None
        assert (slot.begin - span[0]) // MINUTE == wanted
        assert slot.end is None or slot.end - slot.begin >= timedelta(minutes=length)


@given(calendars())
def test_a_freeze_more_never_opens_anything(calendar: tuple[Span, list[Window], int]) -> None:
    span, several, minute = calendar
    moment = span[0] + minute * MINUTE
    fewer = several[1:]
    if several and several[0].kind is WindowKind.FREEZE and closed_by(moment, PLACE, fewer):
        assert closed_by(moment, PLACE, several)
