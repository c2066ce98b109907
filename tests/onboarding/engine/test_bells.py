"""Rings that come at an awkward moment."""

from datetime import timedelta

import pytest

from onboarding.engine.steps import Done, Outcome, Task, Wait
from onboarding.models import Order
from onboarding.running import doorbell
from portal.clock import now
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.engine.conftest import World, go, waiting

pytestmark = pytest.mark.django_db


def test_an_approval_that_comes_while_we_look_for_it_is_seen_at_once(
    make_order: MakeOrder, world: World
) -> None:
    order = make_order()

    def approved_just_after_we_looked(_task: Task) -> Outcome:
        if len(world.seen) > 1:
            return Done("approved")
        doorbell.wake(order.pk)
        return Wait("nobody has decided", "an approver", timedelta(minutes=5))

    world.plans["approval"] = approved_just_after_we_looked
    go(order, world.story("approval"))
    assert order.runs.get().succeeded is True


def test_a_ring_makes_what_waits_due_at_once(make_order: MakeOrder, world: World) -> None:
    order, story = make_order(), world.story("one")
    world.plans["one"] = waiting(minutes=5)
    go(order, story)
    doorbell.wake(order.pk)
    go(order, story)
    assert world.seen == ["one", "one"]


def test_ringing_for_an_order_that_is_over_wakes_nothing(
    make_order: MakeOrder, world: World
) -> None:
    order = make_order()
    world.plans["one"] = lambda _task: Done("", {"ended_as": "done", "ended_at": now()})
    over = go(order, world.story("one"))
    doorbell.wake(order.pk)
    assert Order.objects.get(pk=order.pk).next_try_at is over.next_try_at is None


def test_two_rings_for_one_order_are_one_look(make_order: MakeOrder, world: World) -> None:
    order, story = make_order(), world.story("one")
    go(order, story)
    go(order, story)
    assert world.seen == ["one"]
