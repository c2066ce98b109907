"""Operators keep the calendar; everybody reads what is theirs of it; nothing changes unseen."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import Role, User
from audit.models import Entry
from onboarding.models import Order, WindowEdition
from portal.clock import now
from tenants.models import Application
from tests.make import browser_of, make_tenant, make_user, make_window

pytestmark = pytest.mark.django_db

PAGE = "/calendar/windows/"
FREEZE = {
    "kind": "freeze",
    "name": "Year end",
    "reason": "Books are closed.",
    "place": "global",
    "zone": "Europe/Zurich",
    "first": "2026-12-24T18:00",
    "end": "2027-01-04T06:00",
    "repeats": "",
    "rule": "",
    "until": "",
    "why": "Decision 12",
}
Answer = HttpResponse


@pytest.fixture
def operator(basket: Application, olivia: User) -> Client:
    return browser_of(olivia)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def seen_in(answer: Any) -> str:
    found = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
    assert found, text_of(answer)
    return found[1]


def propose(asker: Client, at: str = "new/", **changes: str) -> Any:
    return asker.post(PAGE + at, FREEZE | changes)


def put(asker: Client, at: str = "new/", **changes: str) -> Any:
    return propose(asker, at, **changes, seen=seen_in(propose(asker, at, **changes)))


def in_force() -> list[WindowEdition]:
    return list(WindowEdition.objects.filter(ended_at=None))


def test_a_window_is_shown_with_its_next_times_before_anything_is_in_force(
    operator: Client,
) -> None:
    changes = {"repeats": "FREQ=YEARLY", "first": "2025-12-24T18:00", "end": "2026-01-04T06:00"}
    page = text_of(propose(operator, **changes))
    assert "Thu 24 Dec 2026, 18:00 to Mon 4 Jan 2027, 06:00 CET" in page
    assert "It holds no order now" in page
    assert not in_force()


def test_a_window_that_would_hold_an_order_names_it_and_then_holds_it(
    operator: Client, ordered: Order
) -> None:
    today = {"first": f"{now() - timedelta(days=1):%Y-%m-%dT%H:%M}", "zone": "UTC"}
    ends = {"end": f"{now() + timedelta(days=1):%Y-%m-%dT%H:%M}"}
    page = text_of(propose(operator, **today, **ends))
    assert f"{ordered}: Onboard Basket to Test Freeze Year end holds all clusters until" in page
    assert put(operator, **today, **ends)["Location"] == PAGE
    shown = text_of(browser_of(make_user("adam2", Role.APPROVER)).get(f"/approvals/{ordered.pk}/"))
    assert "eu1-a is closed now Freeze Year end holds all clusters until" in shown


def test_what_was_put_in_force_is_listed_and_stands_in_the_ledger(operator: Client) -> None:
    put(operator)
    (edition,) = in_force()
    ends = datetime(2027, 1, 4, 5, tzinfo=UTC)
    assert (edition.number, edition.over_at, edition.put_by) == (1, ends, "Olivia")
    assert "Year end Freeze Books are closed. all clusters" in text_of(operator.get(PAGE))
    entry = Entry.objects.get(verb="added", object_class="Window")
    assert (entry.object_uuid, entry.reason) == (edition.window, "Decision 12")
    assert entry.changes["zone"] == [None, "Europe/Zurich"]


def test_a_later_edition_takes_the_place_of_an_earlier_one_which_stays_readable(
    operator: Client,
) -> None:
    put(operator)
    (old,) = in_force()
    put(operator, f"{old.uuid}/change/", reason="Books and audit.", why="Decision 13")
    (new,) = in_force()
    assert (new.window, new.number) == (old.window, 2)
    page = text_of(operator.get(f"{PAGE}history/"))
    assert "Year end, edition 1" in page
    assert "Ended by Olivia just now : Decision 13" in page
    assert Entry.objects.get(verb="replaced").changes["reason"] == [
        "Books are closed.",
        "Books and audit.",
    ]


def test_a_window_that_is_withdrawn_holds_nothing_and_stays_in_the_history(
    operator: Client,
) -> None:
    put(operator)
    (old,) = in_force()
    assert operator.post(f"{PAGE}{old.uuid}/withdraw/", {"why": "Not needed."}).status_code == 302
    assert not in_force()
    assert "Ended by Olivia just now : Not needed." in text_of(operator.get(f"{PAGE}history/"))


def test_withdrawing_needs_a_reason(operator: Client) -> None:
    old = make_window()
    answer = operator.post(f"{PAGE}{old.uuid}/withdraw/", {"why": " "})
    assert (answer.status_code, len(in_force())) == (422, 1)
    assert "Say why the calendar changes." in text_of(answer)


def test_of_two_who_change_the_same_window_the_second_is_told(operator: Client) -> None:
    put(operator)
    (old,) = in_force()
    seen = seen_in(propose(operator, f"{old.uuid}/change/", reason="Mine."))
    put(operator, f"{old.uuid}/change/", reason="Theirs.")
    answer = propose(operator, f"{old.uuid}/change/", reason="Mine.", seen=seen)
    assert answer.status_code == 409
    assert "Somebody else has changed or withdrawn this window" in text_of(answer)
    assert [each.reason for each in in_force()] == ["Theirs."]


def test_what_was_changed_after_it_was_seen_is_shown_again(operator: Client) -> None:
    seen = seen_in(propose(operator))
    answer = propose(operator, place="region:eu1", seen=seen)
    assert (answer.status_code, in_force()) == (200, [])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"repeats": "own", "rule": "FREQ=HOURLY"}, "FREQ takes one of DAILY"),
        ({"repeats": "own", "rule": "every day"}, "A rule is made of parts NAME=VALUE"),
        ({"repeats": "own", "rule": "FREQ=DAILY;COUNT=9999"}, "COUNT takes a number from 1 to"),
        ({"repeats": "own", "rule": "FREQ=WEEKLY;BYDAY=MO"}, "is not among the days that the"),
        ({"repeats": "own", "rule": "FREQ=DAILY;UNTIL=20270101"}, "UNTIL does not stand in the"),
        ({"repeats": "own", "rule": "FREQ=MONTHLY;BYDAY=53TH"}, "A month has no day beyond"),
        ({"repeats": "own", "rule": "FREQ=YEARLY;BYMONTH=12;BYDAY=-6TH"}, "A month has no day"),
        ({"repeats": "own"}, "Write the rule, or choose how it repeats."),
        ({"end": "2026-12-24T18:00"}, "A window ends after it has begun."),
        ({"end": "2029-01-04T06:00"}, "A window lasts at most 366 days."),
        ({"first": "1926-12-24T18:00", "end": "1926-12-25T18:00"}, "begins between 2000 and 2100"),
        ({"first": "Christmas"}, "Enter a valid date/time."),
        ({"until": "2027-01-01"}, "A window that comes once has no last day."),
        ({"repeats": "FREQ=DAILY", "until": "9999-12-31"}, "The last day is in 2100 at the latest"),
        ({"repeats": "FREQ=DAILY", "until": "2026-12-01"}, "The last day comes before the first."),
        ({"zone": "Europe/Berth"}, "Europe/Berth is not one of the available choices."),
        ({"place": "cluster:nowhere"}, "cluster:nowhere is not one of the available choices."),
        ({"why": ""}, "Say why the calendar changes."),
    ],
)
def test_what_cannot_be_a_window_is_refused_with_a_sentence(
    changes: dict[str, str], told: str, operator: Client
) -> None:
    answer = propose(operator, **changes)
    assert (answer.status_code, in_force()) == (422, [])
    assert told in text_of(answer)


def test_a_name_belongs_to_one_window_at_a_time(operator: Client) -> None:
    put(operator)
    answer = propose(operator)
    assert "A window of this name is in force already." in text_of(answer)


def test_a_form_that_changes_nothing_says_so(operator: Client) -> None:
    put(operator)
    (old,) = in_force()
    page = operator.get(f"{PAGE}{old.uuid}/change/").content.decode()
    assert 'value="2026-12-24T18:00"' in page
    assert "You changed nothing of the window." in text_of(propose(operator, f"{old.uuid}/change/"))


def test_a_month_shows_its_windows_by_the_clock_of_who_looks(olivia: User) -> None:
    make_window(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), name="Turn of the year")
    User.objects.filter(pk=olivia.pk).update(time_zone="Asia/Tokyo")
    page = text_of(browser_of(User.objects.get(pk=olivia.pk)).get("/calendar/?month=2027-01"))
    assert "January 2027" in page
    assert "Fri 1 Jan, 08:30 to Fri 1 Jan, 09:30" in page
    assert "Times are of Asia/Tokyo." in page


@pytest.mark.parametrize("month", ["", "2026-13", "x-y", "99999-1", "1999-12", "2026-²", "-"])
def test_a_month_that_is_none_shows_the_present_one(month: str, olivia: User) -> None:
    answer = browser_of(olivia).get("/calendar/", {"month": month})
    assert f"{now():%B %Y}" in text_of(answer)


def test_windows_of_a_tenant_are_its_own_peoples_to_read(alice: User, charlie: User) -> None:
    make_tenant(members=[alice])
    make_window(place="tenant:retail", name="Retail only")
    for page in ("/calendar/", PAGE, "/api/v1/calendar/windows"):
        assert "Retail only" in browser_of(alice).get(page).content.decode()
        assert "Retail only" not in browser_of(charlie).get(page).content.decode()


def test_a_preview_tells_of_the_freeze_in_the_way_and_of_the_next_slot(
    hers: Client, fill: Callable[..., Any]
) -> None:
    make_window(minutes=24 * 60, name="Incident")
    page = text_of(hers.get(f"/drafts/{fill().uuid}/preview/"))
    assert "Freeze Incident holds all clusters until" in page
    assert "Next free slot: in 23 hours , " in page
    assert "What the team delivers afterwards through its own repository" in page


def test_a_plan_tells_of_a_year_without_any_slot(hers: Client, ordered: Order) -> None:
    make_window(minutes=366 * 24 * 60)
    make_window(now() + timedelta(days=300), minutes=366 * 24 * 60)
    page = text_of(hers.get(f"/orders/{ordered.pk}/plan/"))
    assert "No free slot within a year." in page
    assert "An approval lapses before that" in page
