"""Changes that expire while their order is stuck take it back; everything else stays."""

import pytest

from accounts.models import User
from audit.models import Entry
from onboarding import actions
from onboarding.models import Direction, Order, Progress
from onboarding.running.deadlines import expire_overdue
from tests.journey import Portal, again
from tests.stories import world
from tests.stories.standings import RESTING, TTL, Stage

pytestmark = pytest.mark.django_db


def standing(portal: Portal, alice: User, bob: User, state: str) -> Stage:
    stage = Stage(portal, alice, bob)
    RESTING[state](stage)
    portal.clock.shift(TTL)
    return stage


def test_an_order_that_is_stuck_past_its_approval_ends_as_expired(
    portal: Portal, alice: User, bob: User
) -> None:
    stage = standing(portal, alice, bob, "stuck before its start")
    assert expire_overdue() == 1
    order = stage.go_on()
    assert (order.ended_as, order.back_reason) == (
        Progress.EXPIRED,
        "The approval was not used in time.",
    )
    said = Entry.objects.filter(object_uuid=order.uuid, actor="system:engine").order_by("pk")
    assert [entry.verb for entry in said] == ["turned back", "ended"]
    world.nothing_is_left()


def test_again_is_nothing(portal: Portal, alice: User, bob: User) -> None:
    standing(portal, alice, bob, "stuck before its start")
    assert [expire_overdue(), expire_overdue()] == [1, 0]


@pytest.mark.parametrize("state", ["awaiting approval", "stuck at its repository", "going back"])
def test_an_order_that_looks_by_itself_or_has_started_is_left_alone(
    portal: Portal, alice: User, bob: User, state: str
) -> None:
    stage = standing(portal, alice, bob, state)
    before = again(stage.order).direction
    assert expire_overdue() == 0
    assert again(stage.order).direction == before


def test_an_order_that_moved_on_meanwhile_does_not_expire(
    portal: Portal, alice: User, bob: User
) -> None:
    stage = standing(portal, alice, bob, "stuck before its start")
    seen = Order.objects.get(pk=stage.order.pk)
    portal.amend(again(stage.order), alice, destinations=[])
    assert not actions.expire(seen, reason="Too late.")
    assert again(stage.order).direction == Direction.ONWARD
