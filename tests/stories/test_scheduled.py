"""A start that was asked for: what is approved waits for it, and the approval holds until then."""

from datetime import timedelta

import pytest

from accounts.models import User
from onboarding import actions
from onboarding.changes.models import Change, Stage
from onboarding.models import Order, Progress
from portal.clock import now
from portal.errors import NotEntitled, StartUnfit, TooLate
from tests.journey import Portal, again
from tests.make import browser_of, make_window
from tests.stories import world

pytestmark = pytest.mark.django_db
WEEKS = timedelta(days=20)  # longer than an approval holds by itself


@pytest.fixture
def waiting(portal: Portal, alice: User) -> Order:
    return portal.go_on(portal.order(alice, "prod"))


def test_what_is_approved_starts_at_its_time_and_not_before(
    portal: Portal, waiting: Order, alice: User, bob: User
) -> None:
    at = now() + WEEKS
    actions.schedule(waiting, at=at, by=alice)
    portal.approve(waiting, bob)
    order = portal.look(waiting)
    waits = order.runs.get(step="await_approval", finished_at=None)
    assert waits.waits_for == f"its start, {at:%a %-d %b %Y %H:%M} UTC"
    portal.clock.move_to(at - timedelta(seconds=1))
    order = portal.look(order)
    assert (order.change_started_at, world.namespaces()) == (None, [])
    portal.clock.move_to(at)
    order = portal.go_on(order)
    assert order.ended_as == Progress.REHEARSED
    assert order.change_started_at is not None
    assert order.change_started_at >= at


def test_a_start_that_was_asked_for_before_the_change_is_opened_counts_too(
    portal: Portal, alice: User, bob: User
) -> None:
    order, at = portal.order(alice, "prod"), now() + WEEKS
    actions.schedule(order, at=at, by=alice)
    order = portal.go_on(order)
    change = Change.objects.get(number=order.change_number)
    assert (change.window_start, change.expires_at) == (at, at)
    portal.approve(order, bob)
    portal.clock.move_to(at - timedelta(minutes=1))
    assert portal.look(order).ended_as == ""
    portal.clock.move_to(at + timedelta(minutes=1))
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_nobody_has_to_decide_on_a_start_that_is_over(
    portal: Portal, waiting: Order, alice: User
) -> None:
    at = now() + timedelta(hours=3)
    actions.schedule(waiting, at=at, by=alice)
    portal.clock.move_to(at)
    assert portal.go_on(waiting).ended_as == Progress.EXPIRED
    world.nothing_is_left()


def test_without_a_start_it_is_as_before(
    portal: Portal, waiting: Order, alice: User, bob: User
) -> None:
    before = Change.objects.get(number=waiting.change_number)
    actions.schedule(waiting, at=now() + WEEKS, by=alice)
    actions.schedule(again(waiting), at=None, by=alice)
    after = Change.objects.get(number=waiting.change_number)
    assert (after.window_start, after.lapses_at, after.expires_at) == (
        None,
        before.lapses_at,
        before.lapses_at,
    )
    portal.approve(waiting, bob)
    assert portal.go_on(waiting).ended_as == Progress.REHEARSED


def test_what_somebody_has_approved_for_its_time_is_put_off_by_nobody(
    portal: Portal, waiting: Order, alice: User, bob: User
) -> None:
    portal.approve(waiting, bob)
    with pytest.raises(TooLate):
        actions.schedule(again(waiting), at=now() + WEEKS, by=alice)
    assert again(waiting).not_before is None


@pytest.mark.parametrize("away", [-timedelta(seconds=1), timedelta(), timedelta(days=91)])
def test_a_start_lies_ahead_and_not_too_far(waiting: Order, alice: User, away: timedelta) -> None:
    with pytest.raises(StartUnfit):
        actions.schedule(waiting, at=now() + away, by=alice)


def test_putting_it_off_again_and_again_gives_nobody_more_time_in_a_stage(
    portal: Portal, waiting: Order, alice: User
) -> None:
    Stage.objects.update(within=timedelta(hours=4))
    begun = now()
    for hours in (1, 2, 3):
        portal.clock.move_to(begun + timedelta(hours=hours))
        actions.schedule(again(waiting), at=now() + WEEKS, by=alice)
    assert Change.objects.get().expires_at == begun + timedelta(hours=4)


def test_an_approval_that_is_taken_back_after_the_start_that_was_asked_for_leaves_time_to_decide(
    portal: Portal, waiting: Order, alice: User, bob: User
) -> None:
    at = now() + timedelta(hours=3)
    actions.schedule(waiting, at=at, by=alice)
    portal.approve(waiting, bob)
    make_window(minutes=60 * 24 * 3)
    portal.clock.move_to(at + timedelta(hours=1))
    order = portal.look(waiting)
    actions.take_back(order, by=bob, reason="I misread it.")
    change = Change.objects.get()
    assert (change.status, change.expires_at) == ("authorize", change.lapses_at)


def test_only_who_asked_says_when_it_starts(waiting: Order, bob: User) -> None:
    with pytest.raises(NotEntitled):
        actions.schedule(waiting, at=now() + WEEKS, by=bob)


def test_it_is_set_on_a_page_which_says_what_is_wrong(waiting: Order, alice: User) -> None:
    browser, page = browser_of(alice), f"/orders/{waiting.pk}/schedule/"
    assert "Start later" in browser.get(f"/orders/{waiting.pk}/").text
    answer = browser.post(page, {"not_before": "2001-01-01T09:00"})
    assert (answer.status_code, "A start lies ahead" in answer.text) == (422, True)
    assert browser.post(page, {"not_before": "2026-11-30T09:00"}).status_code == 302
    assert "Not before" in browser.get(f"/orders/{waiting.pk}/").text
