"""A worker killed anywhere changes nothing about how an order ends."""

import shutil
from collections.abc import Callable
from functools import partial

import pytest
from django.conf import settings
from django.db import transaction

from accounts.models import User
from fleet import toolbox as fleet_toolbox
from onboarding import actions
from onboarding.models import Direction, Order, Progress
from onboarding.stories import STORIES
from tests.journey import Portal
from tests.stories import world
from tests.stories.killing import Fate, Mortal, killed_twice, undo_killed_twice
from tests.stories.world import World

pytestmark = pytest.mark.django_db

STEPS = STORIES["onboard"].steps
Tell = Callable[[Portal, User], Order]
KILLED_TWICE = [False, False, True]
_kept: dict[str, World] = {}


def onward(portal: Portal, by: User) -> Order:
    return portal.go_on(portal.order(by))


def back(portal: Portal, by: User) -> Order:
    """Order, and withdraw when all is made and nothing is operational yet."""
    portal.after("await_delivery", partial(_withdraw, by))
    return portal.go_on(portal.order(by))


def _withdraw(by: User) -> None:
    order = Order.objects.get()
    if order.direction == Direction.ONWARD:
        actions.withdraw(order, by=by, reason="No longer needed.")


def undisturbed(portal: Portal, by: User, tell: Tell) -> World:
    """Return what comes of this when nobody is killed; told once, in a world that is undone."""
    if tell.__name__ not in _kept:
        story = portal.story
        with transaction.atomic():
            tell(portal, by)
            _kept[tell.__name__] = world.now_there()
            transaction.set_rollback(True)
        shutil.rmtree(settings.BERTH_REHEARSAL_FOLDER)
        shutil.rmtree(settings.BERTH_GIT_FOLDER)
        portal.story = story
    return _kept[tell.__name__]


def test_killed_before_and_after_every_step_the_order_ends_as_if_nothing_had_been(
    portal: Portal, alice: User
) -> None:
    expected = undisturbed(portal, alice, onward)
    portal.replace_steps(killed_twice)
    order = onward(portal, alice)
    assert tries(order, Direction.ONWARD) == {step.name: KILLED_TWICE for step in STEPS}
    assert world.now_there() == expected


def test_killed_before_and_after_every_undo_nothing_is_left_all_the_same(
    portal: Portal, alice: User
) -> None:
    expected = undisturbed(portal, alice, back)
    portal.replace_steps(undo_killed_twice)
    order = back(portal, alice)
    assert tries(order, Direction.BACK) == {
        step.name: KILLED_TWICE for step in STEPS if step.undo is not None
    }
    assert world.now_there() == expected
    world.nothing_is_left()


def tries(order: Order, direction: str) -> dict[str, list[bool | None]]:
    """Return for each step how its attempts in this direction ended."""
    found: dict[str, list[bool | None]] = {}
    for run in order.runs.filter(direction=direction).order_by("attempt"):
        found.setdefault(run.step, []).append(run.succeeded)
    return found


@pytest.fixture
def fate(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Fate:
    """Let every effect on Git host, change system and clusters meet fate, once it is armed."""
    fate, access = Fate(), fleet_toolbox.access
    monkeypatch.setattr(fleet_toolbox, "access", lambda cluster: Mortal(access(cluster), fate))
    portal.with_tools(
        githost=Mortal(portal.tools.githost, fate), changes=Mortal(portal.tools.changes, fate)
    )
    return fate


def test_killed_before_and_after_every_effect_the_order_ends_as_if_nothing_had_been(
    portal: Portal, alice: User, fate: Fate
) -> None:
    expected = undisturbed(portal, alice, onward)
    fate.armed = True
    assert onward(portal, alice).ended_as == Progress.REHEARSED
    assert fate.met() >= {"open", "start", "ensure", "push", "protect", "apply", "close"}
    assert world.now_there() == expected


def test_killed_before_and_after_every_effect_of_its_undo_it_leaves_nothing_all_the_same(
    portal: Portal, alice: User, fate: Fate
) -> None:
    expected = undisturbed(portal, alice, back)
    portal.after("await_delivery", fate.arm)
    assert back(portal, alice).ended_as == Progress.WITHDRAWN
    assert fate.met() >= {"undo_push", "remove", "annotate", "close"}
    assert world.now_there() == expected
    world.nothing_is_left()
