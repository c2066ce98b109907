"""A window that moves, an approval that is taken back, a right that is lost: in mid-order."""

from datetime import timedelta

import pytest

from accounts.models import User
from onboarding.changes.models import Change, ChangeStatus
from onboarding.models import Order, Progress
from portal.clock import now
from tests.journey import NOBODY, Portal
from tests.stories import world

pytestmark = pytest.mark.django_db


def test_an_effect_waits_for_a_window_that_was_put_off_after_the_start(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    opens = now() + timedelta(hours=2)
    portal.after("register", lambda: world.set_window(order, opens))
    order = portal.look(order)
    waits = order.runs.get(step="push_scaffold", finished_at=None)
    assert (waits.error_code, world.namespaces()) == ("change.window-closed", [])
    portal.clock.move_to(opens + timedelta(minutes=10))
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_an_effect_waits_while_its_approval_is_taken_back(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    change = Change.objects.filter(order_uuid=order.uuid)
    portal.after("register", lambda: change.update(status=ChangeStatus.AUTHORIZE))
    order = portal.look(order)
    waits = order.runs.get(step="push_scaffold", finished_at=None)
    assert (waits.error_code, order.direction) == ("change.approval-missing", "onward")
    change.update(status=ChangeStatus.IMPLEMENT)
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_a_right_that_was_lost_long_ago_does_not_hold_up_what_cannot_go_back(
    portal: Portal, alice: User
) -> None:
    portal.tell("offboard")
    order = portal.offboard(portal.berth(alice), alice)

    def lose_the_right() -> None:
        portal.write_policy(NOBODY)
        portal.clock.shift(600)  # the last permit has grown old
        Order.objects.filter(pk=order.pk).update(lease_until=now() + timedelta(minutes=1))

    portal.after("pass_the_point", lose_the_right)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    world.nothing_is_left()
