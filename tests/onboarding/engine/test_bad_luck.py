"""Bad luck: a database that is busy, a worker that comes back late, looks that never end."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError

from accounts.models import User
from onboarding import actions
from onboarding.engine import lease
from onboarding.engine.look import LONGEST_LOOK
from onboarding.engine.runs import CONFLICT_TRIES
from onboarding.engine.steps import Done, Outcome, Task, Tools
from onboarding.models import Direction, Order, Progress, RunState
from portal.clock import now
from portal.errors import DETAIL_LIMIT, ClusterUnreachable, FieldOwned, NotEntitled
from tests.journey import again
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.engine.conftest import World, go, raising, waiting

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller


def test_a_busy_database_is_tried_again_in_seconds_and_is_no_bug(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    world.plans["one"] = raising(OperationalError("database is locked"))
    order = go(make_order(), world.story("one"))
    assert order.runs.latest("id").error_code == "engine.database-busy"
    assert order.next_try_at == now() + timedelta(seconds=5)


def test_a_worker_that_comes_back_late_writes_nothing_into_our_tables(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order = make_order()

    def write_after_a_long_sleep(task: Task) -> Outcome:
        clock.shift(timedelta(minutes=2))
        with task.holding():
            Order.objects.filter(pk=order.pk).update(repository_name="too/late")
        return Done("")

    world.plans["one"] = write_after_a_long_sleep
    assert go(order, world.story("one")).repository_name == ""


def test_a_guard_that_took_longer_than_the_lease_lets_nothing_happen(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    def slow(_task: Task, _tools: Tools) -> None:
        clock.shift(timedelta(minutes=2))

    story = world.story("one")
    go(make_order(), replace(story, steps=[replace(story.steps[0], guarded=True)], guard=slow))
    assert world.seen == []


def test_a_step_that_was_overtaken_by_a_withdrawal_writes_nothing_into_our_tables(
    make_order: MakeOrder, world: World, alice: User
) -> None:
    order = make_order()

    def write_after_a_withdrawal(task: Task) -> Outcome:
        actions.withdraw(again(order), by=alice, reason="")
        with task.holding():
            Order.objects.filter(pk=order.pk).update(repository_name="too/late")
        return Done("")

    world.plans["one"] = write_after_a_withdrawal
    order = go(order, world.story("one"))
    assert (order.repository_name, order.direction) == ("", Direction.BACK)
    assert order.lease_until is None, "the next worker need not wait"


def test_a_conflict_after_a_bad_night_is_still_the_first_one(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order, story = make_order(), world.story("one")
    world.plans["one"] = raising(ClusterUnreachable("eu1-a"))
    for _ in range(CONFLICT_TRIES + 2):
        go(order, story)
        clock.shift(timedelta(minutes=10))
    world.plans["one"] = raising(FieldOwned("kubectl"))
    go(order, story)
    assert order.runs.latest("id").state == RunState.WAITING


def test_a_denial_that_comes_when_the_berth_is_operational_does_not_take_it_back(
    make_order: MakeOrder, world: World
) -> None:
    def denied_after_settling(task: Task) -> Outcome:
        Order.objects.filter(pk=task.order.pk).update(settled_at=now())
        raise NotEntitled("left the group")

    world.plans["one"] = denied_after_settling
    order = go(make_order(), world.story("one"))
    assert order.direction == Direction.ONWARD
    assert order.runs.get().state == RunState.STUCK


def test_a_long_look_stops_between_two_steps_and_leaves_the_rest_due(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    def take_long(task: Task) -> Outcome:
        for _ in range(int(LONGEST_LOOK / timedelta(seconds=30)) + 1):
            clock.shift(timedelta(seconds=30))
            lease.renew(lease.Lease(task.order.pk, task.fence, 0))
        return Done("")

    order, story = make_order(), world.story("one", "two")
    world.plans["one"] = take_long
    order = go(order, story)
    assert world.seen == ["one"]
    assert order.next_try_at is not None
    assert (order.lease_until, order.next_try_at <= now()) == (None, True)
    go(order, story)
    assert world.seen == ["one", "two"]


def test_an_order_that_was_turned_round_before_anybody_came_undoes_what_submit_did(
    make_order: MakeOrder, world: World, alice: User
) -> None:
    order, story = make_order(), world.story("names", "one")
    first = story.steps[0].__class__(**{**vars(story.steps[0]), "from_submit": True})
    actions.withdraw(order, by=alice, reason="")
    order = go(order, story.__class__(steps=(first, *story.steps[1:]), guard=story.guard))
    assert world.seen == ["unnames"]
    assert order.ended_as == Progress.WITHDRAWN


def test_what_a_foreign_system_says_can_always_be_written_down(
    make_order: MakeOrder, world: World
) -> None:
    world.plans["one"] = raising(ClusterUnreachable("no\0 route " + "x" * 10_000))
    order = go(make_order(), world.story("one"))
    detail = order.runs.latest("id").error_detail
    assert detail.startswith("no� route")
    assert len(detail) == DETAIL_LIMIT


def test_a_worker_that_dies_at_the_very_end_leaves_an_order_that_nobody_holds(
    make_order: MakeOrder, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_held: lease.Lease) -> bool:
        raise SystemExit

    world.plans["one"] = lambda _task: Done("", {"ended_as": "done", "ended_at": now()})
    monkeypatch.setattr(lease, "release", killed)
    order = make_order()
    with pytest.raises(SystemExit):
        go(order, world.story("one"))
    assert (again(order).lease_owner, again(order).lease_until) == ("", None)


def test_a_lease_that_only_a_wrong_clock_can_have_given_holds_nobody_up(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order, story = make_order(), world.story("one")
    held = Order.objects.filter(pk=order.pk)
    held.update(lease_owner="a worker of tomorrow", lease_until=now() + timedelta(minutes=50))
    go(order, story)
    assert world.seen == [], "clocks may differ a little"
    held.update(lease_until=now() + timedelta(days=2))
    go(order, story)
    assert world.seen == ["one"]


def test_a_look_that_only_a_wrong_clock_can_have_set_is_due_now(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order, story = make_order(), world.story("one")
    world.plans["one"] = waiting(minutes=5)
    clock.shift(timedelta(days=365))
    go(order, story)
    clock.shift(timedelta(days=-365))
    go(order, story)
    assert world.seen == ["one", "one"]


def test_nothing_waits_longer_than_a_day_for_its_next_look(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    world.plans["one"] = waiting(minutes=60 * 24 * 30)
    assert go(make_order(), world.story("one")).next_try_at == now() + timedelta(days=1)
