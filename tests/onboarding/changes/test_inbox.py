"""The inbox: what waits for somebody, the next due first, in stretches, by filters and views."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group

from accounts.models import Role, User
from onboarding import actions
from onboarding.changes import decisions, inbox
from onboarding.changes.inbox import Wanted
from onboarding.changes.models import Change, Decision, InboxView
from onboarding.models import Order
from portal.clock import now
from tests.journey import again
from tests.make import (
    browser_of,
    make_change,
    make_delegation,
    make_environment,
    make_user,
)
from tests.onboarding.conftest import MakeOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def tim(db: None) -> User:
    tim = make_user("tim", Role.APPROVER)
    tim.groups.add(Group.objects.get_or_create(name="team")[0])
    return tim


@pytest.fixture
def due(make_order: MakeOrder) -> "Due":
    return Due(make_order)


class Due:
    """Makes orders that wait for the team, due when the test says."""

    def __init__(self, make_order: MakeOrder) -> None:
        self._make, self._number = make_order, 0

    def at(self, moment: datetime, *groups: str, **columns: object) -> Order:
        self._number += 1
        order = self._make(f"app{self._number}")
        Order.objects.filter(pk=order.pk).update(**columns)
        make_change(again(order), *(groups or ("team",)), expires_at=moment)
        return again(order)


def shown(user: User, *, size: int = 50, after: str = "") -> tuple[list[Order], str]:
    found = inbox.stretch(inbox.waiting_for(user), size=size, after=after)
    return [order for order, _ in found.lines], found.after


def test_the_next_due_comes_first(due: Due, tim: User) -> None:
    later, soon = due.at(now() + timedelta(days=3)), due.at(now() + timedelta(days=1))
    assert shown(tim) == ([soon, later], "")


def test_every_row_comes_once_however_many_are_due_at_the_same_moment(due: Due, tim: User) -> None:
    moment = now() + timedelta(days=1)
    orders = [due.at(moment) for _ in range(5)]
    first, after = shown(tim, size=2)
    second, after = shown(tim, size=2, after=after)
    third, end = shown(tim, size=2, after=after)
    assert first + second + third == orders
    assert end == ""


@pytest.mark.parametrize("cursor", ["nonsense", "~", "2026-11-23T09:00:00~7", "~9~", "x" * 500])
def test_a_cursor_that_means_nothing_shows_the_beginning(due: Due, tim: User, cursor: str) -> None:
    order = due.at(now() + timedelta(days=1))
    assert shown(tim, after=cursor) == ([order], "")


def test_what_is_somebody_elses_is_not_there(due: Due, tim: User) -> None:
    moment = now() + timedelta(days=1)
    due.at(moment, "board")
    due.at(moment, requester=tim)
    due.at(moment, direction="back", back_as="withdrawn")
    due.at(now() - timedelta(seconds=1))
    assert shown(tim) == ([], "")
    assert inbox.count_for(tim) == 0


def test_what_waits_for_an_answer_stays_though_its_time_was_over(due: Due, tim: User) -> None:
    order = due.at(now() + timedelta(days=1))
    decisions.ask(order, by=tim, text="For how long?")
    Change.objects.update(expires_at=now() - timedelta(days=1))
    assert shown(tim)[0] == [order]


def narrowed(tim: User, **query: str) -> set[Order]:
    found = inbox.narrowed(inbox.waiting_for(tim), Wanted.of(query), tim)
    return {order for order, _ in inbox.stretch(found, size=50).lines}


def test_filters_narrow_it(due: Due, tim: User) -> None:
    soon, later = due.at(now() + timedelta(hours=3)), due.at(now() + timedelta(days=3))
    prod = due.at(now() + timedelta(days=4), environment=make_environment("prod"))
    gone = due.at(now() + timedelta(days=5), kind="offboard")
    decisions.ask(later, by=tim, text="For how long?")
    assert narrowed(tim) == {soon, later, prod, gone}
    assert narrowed(tim, due="day") == {soon}
    assert narrowed(tim, due="asked") == {later}
    assert narrowed(tim, environment="prod") == {prod}
    assert narrowed(tim, kind="offboard") == {gone}
    assert narrowed(tim, environment="nowhere") == set()
    assert narrowed(tim, kind="nonsense", due="nonsense") == {soon, later, prod, gone}


def test_what_is_lent_can_be_looked_at_alone(due: Due, tim: User) -> None:
    ben = make_user("ben", Role.APPROVER)
    ben.groups.add(Group.objects.get_or_create(name="board")[0])
    own, lent = due.at(now() + timedelta(days=1)), due.at(now() + timedelta(days=1), "board")
    make_delegation(ben, tim)
    assert narrowed(tim) == {own, lent}
    assert narrowed(tim, due="lent") == {lent}


def test_the_count_in_the_frame_ends_where_more_says_nothing(
    due: Due, tim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "COUNTED", 2)
    for _ in range(4):
        due.at(now() + timedelta(days=1))
    assert inbox.count_for(tim) == 3


def test_the_page_goes_on_where_it_ended(
    due: Due, tim: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onboarding.views.inbox.SIZE", 2)
    orders = [due.at(now() + timedelta(days=day)) for day in (1, 2, 3)]
    browser = browser_of(tim)
    page = browser.get("/approvals/?due=")
    assert [order for order, _ in page.context["lines"]] == orders[:2]
    page = browser.get(page.context["next_url"])
    assert [order for order, _ in page.context["lines"]] == orders[2:]
    assert page.context["next_url"] == ""


# Views of one's own


def test_a_view_keeps_its_filters_under_a_name_for_oneself_alone(due: Due, tim: User) -> None:
    browser = browser_of(tim)
    sent = {"name": "Prod soon", "query": "environment=prod&due=day"}
    kept = browser.post("/approvals/views/", sent)
    assert kept.headers["Location"] == "/approvals/?environment=prod&due=day"
    assert "Prod soon" in browser.get("/approvals/").text
    other = make_user("tom", Role.APPROVER)
    assert "Prod soon" not in browser_of(other).get("/approvals/").text
    view = InboxView.objects.get()
    assert browser_of(other).post(f"/approvals/views/{view.uuid}/drop/").status_code == 404
    assert browser.post(f"/approvals/views/{view.uuid}/drop/").status_code == 302
    assert not InboxView.objects.exists()


def test_a_view_of_the_same_name_takes_its_place_and_the_oldest_goes(tim: User) -> None:
    for number in range(actions.viewing.MOST + 2):
        actions.keep_view(f"View {number}", "due=day", by=tim)
    actions.keep_view("View 5", "due=asked", by=tim)
    assert InboxView.objects.count() == actions.viewing.MOST
    assert InboxView.objects.get(name="View 5").query == "due=asked"
    assert not InboxView.objects.filter(name="View 0").exists()


def test_what_is_kept_leads_nowhere_else(tim: User) -> None:
    browser = browser_of(tim)
    for query in ("//example.com", "\r\nX: 1", "https://example.com", "a=b#c"):
        kept = browser.post("/approvals/views/", {"name": "v", "query": query})
        assert kept.headers["Location"].startswith("/approvals/?")
        assert "\n" not in kept.headers["Location"]


def test_a_view_without_a_name_is_not_kept(tim: User) -> None:
    assert browser_of(tim).post("/approvals/views/", {"name": " "}).status_code == 302
    assert not InboxView.objects.exists()


# What I decided


def test_what_was_decided_lately_is_listed_with_what_became_of_it(due: Due, tim: User) -> None:
    order = due.at(now() + timedelta(days=1))
    dora = make_user("dora", Role.APPROVER)
    make_delegation(tim, dora)
    decisions.decide(
        order, by=dora, decision=Decision.APPROVED, digest="d" * 64, reason="Small enough."
    )
    for person in (tim, dora):
        page = browser_of(person).get("/approvals/decided/").text
        assert "Small enough." in page
        assert "Dora for Tim" in page
    stranger = make_user("tom", Role.APPROVER)
    assert "Small enough." not in browser_of(stranger).get("/approvals/decided/").text
