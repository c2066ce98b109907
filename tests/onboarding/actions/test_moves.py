"""Withdrawing and trying again: by whom, and until when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import User
from audit.models import Entry
from onboarding import actions
from onboarding.engine.steps import Outcome, Task, Tools
from onboarding.models import Direction, Order, Progress, RunState
from onboarding.stories import STORIES
from portal.clock import now
from portal.errors import (
    NotEntitled,
    NotStuck,
    ObjectRefused,
    ReasonMissing,
    RequesterNotEntitled,
    TooLate,
)
from tests.journey import NOBODY, Portal, again
from tests.stories import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(portal: Portal, alice: User) -> Order:
    """Make an order that is stuck at its repository."""
    portal.after("push_scaffold", refuse)
    order = portal.go_on(portal.order(alice))
    assert order.runs.get(state=RunState.STUCK).step == "push_scaffold"
    portal.story = STORIES["onboard"]
    return order


def refuse() -> None:
    raise ObjectRefused("no such branch")


def undo_refused(_task: Task, _tools: Tools) -> Outcome:
    raise ObjectRefused("cannot be removed")


def test_the_requester_and_an_operator_may_withdraw(
    portal: Portal, alice: User, olivia: User
) -> None:
    dev, prod = portal.order(alice, "dev"), portal.order(alice, "prod")
    actions.withdraw(dev, by=alice, reason="Mine.")
    actions.withdraw(prod, by=olivia, reason="")
    assert [again(order).direction for order in (dev, prod)] == [Direction.BACK] * 2
    said = Entry.objects.filter(verb="withdrew").order_by("pk")
    assert list(said.values_list("actor", "reason")) == [
        ("local:alice", "Mine."),
        ("local:olivia", ""),
    ]


def test_a_colleague_may_neither_withdraw_nor_try_again(stuck: Order, bob: User) -> None:
    with pytest.raises(NotEntitled):
        actions.withdraw(stuck, by=bob, reason="")
    with pytest.raises(NotEntitled):
        actions.retry(stuck, by=bob)
    assert again(stuck).direction == Direction.ONWARD


def test_withdrawing_twice_is_too_late(portal: Portal, alice: User) -> None:
    order = portal.order(alice)
    actions.withdraw(order, by=alice, reason="")
    with pytest.raises(TooLate):
        actions.withdraw(order, by=alice, reason="")
    assert Entry.objects.filter(verb="withdrew").count() == 1


def test_an_order_that_is_stuck_can_be_withdrawn(portal: Portal, stuck: Order, alice: User) -> None:
    actions.withdraw(stuck, by=alice, reason="")
    assert portal.go_on(stuck).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()


def test_trying_again_goes_on_where_it_was_stuck(portal: Portal, stuck: Order, alice: User) -> None:
    actions.retry(stuck, by=alice, reason="Mended.")
    assert again(stuck).next_try_at == now()
    order = portal.go_on(stuck)
    assert order.ended_as == Progress.REHEARSED
    tries = order.runs.filter(step="push_scaffold").values_list("attempt", "succeeded")
    assert list(tries) == [(1, False), (2, True)]
    assert Entry.objects.get(verb="tried again").reason == "Mended."


def test_trying_again_twice_is_once(stuck: Order, alice: User, olivia: User) -> None:
    actions.retry(stuck, by=alice)
    with pytest.raises(NotStuck):
        actions.retry(stuck, by=olivia)
    assert stuck.runs.filter(state=RunState.WAITING).count() == 1
    assert Entry.objects.filter(verb="tried again").count() == 1


def test_what_only_waits_cannot_be_tried_again(portal: Portal, alice: User) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    with pytest.raises(NotStuck):
        actions.retry(order, by=alice)
    assert again(order).next_try_at == order.next_try_at


def test_an_undo_that_is_stuck_can_be_tried_again(
    portal: Portal, alice: User, olivia: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    actions.withdraw(order, by=alice, reason="")
    portal.replace_steps(lambda step: replace(step, undo=step.undo and undo_refused))
    order = portal.go_on(order)
    assert order.runs.get(state=RunState.STUCK).direction == Direction.BACK
    portal.story = STORIES["onboard"]
    actions.retry(order, by=olivia)
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()


def test_an_order_whose_requester_lost_the_right_is_not_approved(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.write_policy(NOBODY)
    with pytest.raises(RequesterNotEntitled):
        portal.approve(order, bob)
    assert world.now_there().changes == [["authorize", None, True]]
    assert order.evidence.latest("id").outcome == "deny"


def test_somebody_who_may_not_decide_learns_nothing_of_the_requesters_rights(
    portal: Portal, alice: User, charlie: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    about_others = order.evidence.exclude(person=charlie.ident)
    before = about_others.count()
    portal.write_policy(NOBODY)
    with pytest.raises(Exception, match="role approver"):
        portal.approve(order, charlie)
    assert about_others.count() == before


def test_a_missed_application_is_told_to_operators_once_and_settled_once(
    alice: User, olivia: User
) -> None:
    with pytest.raises(ReasonMissing):
        actions.report_unlisted(by=alice, name="  ", note="")
    wish = actions.report_unlisted(by=alice, name=" Loyalty ", note="Bought last year.")
    actions.settle_unlisted(wish, by=olivia)
    actions.settle_unlisted(wish, by=olivia)
    assert wish.name == "Loyalty"
    verbs = list(Entry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["missed an application", "settled a missed application"]


def test_a_withdrawn_order_is_due_at_once(portal: Portal, alice: User) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.clock.shift(timedelta(seconds=1))
    actions.withdraw(order, by=alice, reason="")
    assert again(order).next_try_at == now()
