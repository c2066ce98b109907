"""Workers and people at the same order at the same time."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest
from django.db import transaction

from accounts.models import User
from onboarding import actions
from onboarding.engine.steps import Done, Outcome, Story, Task
from onboarding.models import Order, Progress, RunState
from onboarding.running import doorbell
from portal.clock import now
from portal.errors import NotStuck, PlanRefused
from tests.journey import again, at_once
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.engine.conftest import World, go, waiting

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 25


def ring(order: Order) -> None:
    with transaction.atomic():
        doorbell.wake(order.pk)


def retry(order: Order, by: User) -> None:
    with suppress(NotStuck):
        actions.retry(order, by=by)


def test_nobody_waits_for_another_in_a_circle_and_nothing_is_lost(
    make_order: MakeOrder, world: World, alice: User
) -> None:
    order, story, visits = make_order(), world.story("one"), count()

    def now_this_now_that(task: Task) -> Outcome:
        if next(visits) % 3 == 0:
            raise PlanRefused("stuck for a moment")
        return waiting(minutes=0)(task)

    world.plans["one"] = now_this_now_that
    look = _look(order, story)
    assert at_once(look, look, lambda: ring(order), lambda: retry(order, alice), times=TIMES) == []
    assert again(order).fence > 0
    actions.withdraw(order, by=alice, reason="")
    assert go(order, story).ended_as == Progress.WITHDRAWN


def test_two_workers_at_once_do_each_step_once(make_order: MakeOrder, world: World) -> None:
    order, names = make_order(), [f"step{number}" for number in range(5)]
    story = world.story(*names, "last")
    world.plans["last"] = lambda _task: Done("", {"ended_as": "done", "ended_at": now()})
    look = _look(order, story)
    assert at_once(look, look, times=TIMES) == []
    assert world.seen == [*names, "last"]
    assert not order.runs.exclude(state=RunState.OVER, succeeded=True).exists()


def _look(order: Order, story: Story) -> Callable[[], object]:
    return lambda: go(order, story)
