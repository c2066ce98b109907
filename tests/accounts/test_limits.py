"""How long a session lasts."""

from datetime import timedelta

from django.test import Client
from time_machine import Traveller

from accounts.models import Session, User
from accounts.sessions import forget_ended
from portal.clock import now
from tests.accounts.conftest import is_in
from tests.make import browser_of


def test_a_session_ends_after_thirty_idle_minutes(clock: Traveller, alice: User) -> None:
    browser = browser_of(alice)
    clock.shift(timedelta(minutes=29))
    assert is_in(browser)
    clock.shift(timedelta(minutes=30))
    assert not is_in(browser)


def test_a_page_left_open_keeps_no_session_alive_by_asking(clock: Traveller, alice: User) -> None:
    browser = browser_of(alice)
    answers = []
    for _ in range(4):
        answers.append(browser.get("/you/", headers={"HX-Request": "true"}).status_code)
        clock.shift(timedelta(minutes=10))
    assert answers == [200, 200, 200, 401]


def test_a_form_sent_by_htmx_is_a_sign_of_life(clock: Traveller, alice: User) -> None:
    browser = browser_of(alice)
    for _ in range(4):
        clock.shift(timedelta(minutes=20))
        browser.post("/you/time-zone/", {"zone": "UTC"}, headers={"HX-Request": "true"})
    assert is_in(browser)


def test_a_session_ends_after_ten_hours_however_busy(clock: Traveller, alice: User) -> None:
    browser = browser_of(alice)
    for _ in range(29):
        clock.shift(timedelta(minutes=20))
        assert is_in(browser)
    clock.shift(timedelta(minutes=20))
    assert not is_in(browser)


def test_the_sign_in_page_says_why_the_session_is_over(clock: Traveller, alice: User) -> None:
    browser = browser_of(alice)
    clock.shift(timedelta(minutes=31))
    page = browser.get("/you/", follow=True)
    assert "Nothing was done for 30 min." in page.text
    assert page.request["QUERY_STRING"] == "next=%2Fyou%2F&ended=idle"


def test_a_session_that_ended_is_gone_from_the_server(clock: Traveller, alice: User) -> None:
    browser = browser_of(alice)
    clock.shift(timedelta(minutes=31))
    browser.get("/you/")
    assert not Session.objects.filter(user=alice).exists()


def test_a_session_that_tells_no_times_is_over(alice: User) -> None:
    browser = browser_of(alice)
    forged = browser.session
    del forged["started"]
    forged.save()
    assert not is_in(browser)


def test_activity_is_written_down_at_most_once_a_minute(clock: Traveller, alice: User) -> None:
    browser = browser_of(alice)
    seen = []
    for _ in range(3):
        clock.shift(timedelta(seconds=40))
        browser.get("/you/")
        seen.append(Session.objects.get(user=alice).seen_at)
    assert len(set(seen)) == 2


def test_a_session_row_says_whose_it_is_and_where_from(alice: User) -> None:
    browser = Client(REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Firefox")
    browser.post("/sign-in/", {"username": "alice", "password": "a long walk on the beach"})
    row = Session.objects.get(user=alice)
    assert (row.address, row.browser) == ("192.0.2.7", "Firefox")
    assert row.session_key not in str(row)


def test_rows_of_sessions_that_are_over_are_taken_away(
    clock: Traveller, alice: User, bob: User
) -> None:
    browser_of(alice)
    clock.shift(timedelta(minutes=31))
    browser = browser_of(bob)
    assert forget_ended(now()) == 1
    assert not Session.objects.filter(user=alice).exists()
    assert is_in(browser)
