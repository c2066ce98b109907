"""Fences and leases one by one: what an older worker may not write, and when a new one may come."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from onboarding import actions
from onboarding.engine import lease, runs
from onboarding.engine import look as looks
from onboarding.engine.lease import Lease, Lost
from onboarding.engine.steps import Done, Outcome, Task
from onboarding.models import Direction, Order, RunState, StepRun
from portal.clock import now
from portal.errors import PlanRefused
from tests.journey import again
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.engine.conftest import World, go, raising, waiting

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller


def taken(order: Order, owner: str = "a worker") -> Lease:
    held = lease.take(order.pk, owner)
    assert held is not None
    return held


def test_an_order_whose_time_has_not_come_is_not_taken(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    world.plans["one"] = waiting(minutes=5)
    order = go(make_order(), world.story("one"))
    clock.shift(timedelta(minutes=4))
    assert go(order, world.story("one")).fence == order.fence


def test_a_worker_whose_lease_another_has_by_now_writes_nothing(
    make_order: MakeOrder, clock: Clock
) -> None:
    order = make_order()
    first = taken(order)
    clock.shift(timedelta(minutes=2))
    second = taken(order, "another worker")
    with pytest.raises(Lost):
        lease.hold(again(order), first.fence)
    lease.hold(again(order), second.fence)


def test_what_was_read_of_an_earlier_revision_is_not_written(make_order: MakeOrder) -> None:
    order = make_order()
    held = taken(order)
    read = again(order)
    Order.objects.filter(pk=order.pk).update(revision_number=2)
    with pytest.raises(Lost):
        lease.hold(read, held.fence)


def test_a_run_that_somebody_closed_meanwhile_gets_no_outcome(make_order: MakeOrder) -> None:
    order = make_order()
    held = taken(order)
    run = StepRun.objects.create(order=order, revision=1, step="one")
    StepRun.objects.update(state=RunState.OVER, succeeded=False)
    with pytest.raises(Lost):
        runs.conclude(held, again(order), run, Done("too late"))
    assert order.runs.get().succeeded is False


def test_a_worker_without_the_lease_ends_no_order(make_order: MakeOrder) -> None:
    order = make_order()
    held = taken(order)
    Order.objects.update(direction=Direction.BACK, back_as="withdrawn")
    with pytest.raises(Lost):
        looks._end(Lease(order.pk, held.fence - 1, held.bell), again(order))
    assert not again(order).is_over


def test_each_step_begins_with_a_whole_lease(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    def take_forty_seconds(_task: Task) -> Outcome:
        clock.shift(timedelta(seconds=40))
        return Done("")

    world.plans = dict.fromkeys(("one", "two", "three"), take_forty_seconds)
    order = go(make_order(), world.story("one", "two", "three"))
    assert [run.succeeded for run in order.runs.all()] == [True, True, True]


def test_an_order_that_is_withdrawn_while_it_is_stuck_is_stuck_no_more(
    make_order: MakeOrder, world: World, alice: User
) -> None:
    world.plans["one"] = raising(PlanRefused("no"))
    order = go(make_order(), world.story("one"))
    assert order.runs.get().state == RunState.STUCK
    actions.withdraw(order, by=alice, reason="")
    assert not order.runs.filter(state=RunState.STUCK).exists()
    assert again(order).next_try_at == pytest.approx(now(), abs=timedelta(minutes=1))
