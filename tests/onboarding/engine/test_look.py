"""How the engine carries an order on."""

from datetime import timedelta

import pytest
import time_machine

from audit.models import Entry
from onboarding.engine.steps import Done, Per, Reopen
from onboarding.models import Direction, Order, Progress, RunState, StepRun
from portal.clock import now
from portal.errors import ClusterUnreachable, NameTaken, NotEntitled, PlanRefused
from tests.make import make_cluster, make_placement
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.engine.conftest import World, go, raising, waiting

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller


def test_one_look_takes_every_step_that_is_due(make_order: MakeOrder, world: World) -> None:
    go(make_order(), world.story("one", "two"))
    assert world.seen == ["one", "two"]


def test_a_second_look_repeats_nothing(make_order: MakeOrder, world: World) -> None:
    order = make_order()
    go(order, world.story("one", "two"))
    Order.objects.update(next_try_at=now())
    go(order, world.story("one", "two"))
    assert world.seen == ["one", "two"]


def test_what_waits_is_looked_at_again_when_its_time_has_come(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order, story = make_order(), world.story("one", "two")
    world.plans["one"] = waiting(minutes=5)
    assert go(order, story).next_try_at == now() + timedelta(minutes=5)
    clock.shift(timedelta(minutes=4))
    go(order, story)
    assert world.seen == ["one"]
    clock.shift(timedelta(minutes=1))
    del world.plans["one"]
    go(order, story)
    assert world.seen == ["one", "one", "two"]


def test_looking_often_at_what_waits_is_one_attempt(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order = make_order()
    world.plans["one"] = waiting(minutes=1)
    for _ in range(5):
        go(order, world.story("one"))
        clock.shift(timedelta(minutes=1))
    assert [(run.attempt, run.looks) for run in order.runs.all()] == [(1, 5)]


def test_a_temporary_failure_is_tried_again_later_and_later(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order, delays = make_order(), []
    world.plans["one"] = raising(ClusterUnreachable("eu1-a"))
    for _ in range(9):
        due = go(order, world.story("one")).next_try_at
        assert due is not None
        delays.append((due - now()).total_seconds())
        clock.shift(due - now())
    assert delays == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_permanent_failure_waits_for_a_person(make_order: MakeOrder, world: World) -> None:
    world.plans["one"] = raising(PlanRefused("no such kind"))
    order = go(make_order(), world.story("one"))
    run = order.runs.get()
    assert (run.state, run.error_code, run.error_detail) == (
        RunState.STUCK,
        "plan.refused",
        "no such kind",
    )
    assert order.next_try_at is None


def test_a_conflict_is_tried_five_times_before_it_waits_for_a_person(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order = make_order()
    world.plans["one"] = raising(NameTaken("basket"))
    for _ in range(5):
        go(order, world.story("one"))
        clock.shift(timedelta(minutes=10))
    assert order.runs.latest("id").state == RunState.STUCK
    assert order.runs.count() == 5


def test_a_denial_takes_the_order_back(make_order: MakeOrder, world: World) -> None:
    world.plans["two"] = raising(NotEntitled("left the group"))
    order = go(make_order(), world.story("one", "two"))
    order = go(order, world.story("one", "two"))
    assert world.seen == ["one", "two", "untwo", "unone"]
    assert (order.ended_as, order.back_reason) == (Progress.REFUSED, "left the group")


def test_a_bug_in_one_step_is_tried_again_in_an_hour(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    world.plans["one"] = raising(ZeroDivisionError())
    order = go(make_order(), world.story("one"))
    assert order.next_try_at == now() + timedelta(hours=1)
    assert order.runs.latest("id").error_code == "engine.bug"


def test_a_worker_that_died_in_mid_step_leaves_an_intent_and_the_step_is_done_again(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order, story = make_order(), world.story("one")
    world.plans["one"] = raising(SystemExit())
    with pytest.raises(SystemExit):
        go(order, story)
    del world.plans["one"]
    go(order, story)
    assert world.seen == ["one"], "the lease is still held"
    clock.shift(timedelta(minutes=2))
    go(order, story)
    assert world.seen == ["one", "one"]
    assert [run.succeeded for run in order.runs.all()] == [False, True]


def test_a_worker_that_was_away_past_its_lease_writes_no_outcome(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order, story = make_order(), world.story("one", "two")

    def sleep_too_long(_task: object) -> Done:
        clock.shift(timedelta(minutes=2))
        return Done("too late")

    world.plans["one"] = sleep_too_long
    go(order, story)
    assert order.runs.get().state == RunState.MOVING
    assert world.seen == ["one"]


def test_an_order_turned_round_in_mid_step_undoes_what_may_have_happened(
    make_order: MakeOrder, world: World
) -> None:
    order, story = make_order(), world.story("one", "two")

    def withdrawn_meanwhile(_task: object) -> Done:
        Order.objects.update(
            direction=Direction.BACK, back_as=Progress.WITHDRAWN, next_try_at=now(), bell=1
        )
        return Done("done, too late")

    world.plans["one"] = withdrawn_meanwhile
    go(order, story)
    assert go(order, story).ended_as == Progress.WITHDRAWN
    assert world.seen == ["one", "unone"]


def test_undo_walks_backwards_over_touched_steps_of_every_revision(
    make_order: MakeOrder, world: World
) -> None:
    order, story = make_order(), world.story("one", "two", "three")
    world.plans["two"] = lambda _task: Reopen("the plan is outdated")
    world.plans["one"] = lambda task: Done("") if task.revision.number == 1 else waiting()(task)
    go(order, story)
    Order.objects.update(direction=Direction.BACK, back_as="withdrawn", next_try_at=now())
    StepRun.objects.filter(state=RunState.WAITING).update(state=RunState.OVER, succeeded=False)
    order = go(order, story)
    assert world.seen == ["one", "two", "one", "untwo", "unone"]
    assert order.ended_as == Progress.WITHDRAWN


def test_reopening_starts_the_next_revision_with_the_same_answers(
    make_order: MakeOrder, world: World
) -> None:
    order = make_order()
    order.revisions.update(answers={"size": "s"})
    world.plans["two"] = lambda task: Reopen("x") if task.revision.number == 1 else Done("")
    order = go(order, world.story("one", "two"))
    assert order.revision_number == 2
    assert order.revisions.latest("number").answers == {"size": "s"}
    assert world.seen == ["one", "two", "one", "two"]


def test_one_cluster_that_is_away_does_not_hold_the_others(
    make_order: MakeOrder, world: World
) -> None:
    order = make_order(service=True)
    for slug in ("eu1-a", "eu1-b"):
        make_placement(order.service, make_cluster(slug))
    world.plans["prime@eu1-a"] = raising(ClusterUnreachable("eu1-a"))
    per = {"prime": Per.PLACEMENT, "deliver": Per.PLACEMENT}
    go(order, world.story("prime", "deliver", "close", per=per))
    assert world.seen == ["prime@eu1-a", "prime@eu1-b", "deliver@eu1-b"]


def test_a_step_of_the_order_waits_for_every_cluster(
    make_order: MakeOrder, world: World, clock: Clock
) -> None:
    order, per = make_order(service=True), {"prime": Per.PLACEMENT}
    for slug in ("eu1-a", "eu1-b"):
        make_placement(order.service, make_cluster(slug))
    world.plans["prime@eu1-a"] = raising(ClusterUnreachable("eu1-a"))
    go(order, world.story("prime", "close", per=per))
    world.plans.clear()
    clock.shift(timedelta(seconds=5))
    go(order, world.story("prime", "close", per=per))
    assert world.seen == ["prime@eu1-a", "prime@eu1-b", "prime@eu1-a", "close"]


def test_a_ring_during_a_look_is_not_slept_through(make_order: MakeOrder, world: World) -> None:
    order, story = make_order(), world.story("one")

    def rung_meanwhile(task: object) -> object:
        if len(world.seen) > 1:
            return Done("approved")
        Order.objects.update(bell=1)
        return waiting(minutes=0)(task)  # type: ignore[arg-type] # any task does

    world.plans["one"] = rung_meanwhile  # type: ignore[assignment] # the same
    go(order, story)
    assert order.runs.get().succeeded is True


def test_an_order_that_is_over_is_left_alone(make_order: MakeOrder, world: World) -> None:
    order = make_order()
    world.plans["one"] = lambda _task: Done("", {"ended_as": "done", "ended_at": now()})
    go(order, world.story("one", "two"))
    go(order, world.story("one", "two"))
    assert world.seen == ["one"]


def test_a_guarded_step_acts_only_when_its_guard_lets_it(
    make_order: MakeOrder, world: World
) -> None:
    story = world.story("one")
    guarded = story.steps[0].__class__(**{**vars(story.steps[0]), "guarded": True})
    refusing = story.__class__(steps=(guarded,), guard=raising(PlanRefused("no")))  # type: ignore[arg-type]
    go(make_order(), refusing)
    assert world.seen == []


def test_what_becomes_of_an_order_stands_in_the_ledger(make_order: MakeOrder, world: World) -> None:
    world.plans["two"] = raising(NotEntitled("left the group"))
    order = make_order()
    go(order, world.story("one", "two"))
    go(order, world.story("one", "two"))
    told = Entry.objects.filter(object_uuid=order.uuid).order_by("id")
    assert list(told.values_list("verb", "reason")) == [
        ("turned back", "left the group"),
        ("ended", "left the group"),
    ]
