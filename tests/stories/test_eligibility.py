"""A matrix that changes while an order is on its way: the order goes no further than it may."""

from collections.abc import Callable

import pytest

from accounts.models import User
from onboarding.models import Order, Progress
from portal.errors import AnswersUnfit
from tenants.models import Application, Cluster, Rule
from tests.journey import Portal, again
from tests.make import make_cluster, make_environment, make_rule, make_size
from tests.stories import world

pytestmark = pytest.mark.django_db

NOT_THERE = {"classification": "internal", "tier": "*", "region": "eu1", "allows": False}


def close_eu1(**changes: object) -> None:
    make_rule(**{**NOT_THERE, "why": "eu1 moves out.", **changes})


def regrade() -> None:
    """Have the application hold data that may not be where its order goes."""
    make_rule(tier="gold")
    Application.objects.update(classification="restricted")


def move_the_cluster() -> None:
    make_rule(classification="internal", tier="*", region="eu*")
    Cluster.objects.update(region="us1")


CHANGES = pytest.mark.parametrize("change", [close_eu1, regrade, move_the_cluster])


def test_an_order_is_placed_on_clusters_that_its_data_may_be_on(
    portal: Portal, alice: User
) -> None:
    make_cluster("eu1-b", environments=[make_environment("dev")], tier="gold", rank=9)
    make_rule(classification="internal")
    service = portal.berth(alice)
    assert [each.cluster.slug for each in service.placements.all()] == ["eu1-b"]


def test_what_may_be_nowhere_is_not_ordered_and_the_reason_is_read(
    portal: Portal, alice: User
) -> None:
    close_eu1(remedy="Choose us1.")
    with pytest.raises(AnswersUnfit, match=r"region: eu1 moves out\. Choose us1\."):
        portal.order(alice)
    assert not Order.objects.exists()


@CHANGES
def test_an_order_that_waits_for_approval_goes_back_at_its_next_look(
    change: Callable[[], None], portal: Portal, alice: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    change()
    portal.clock.shift(301)
    order = portal.go_on(order)
    assert (order.ended_as, order.change_started_at) == (Progress.REFUSED, None)
    assert order.back_reason.startswith("On eu1-a: ")
    world.nothing_is_left()


@CHANGES
def test_an_order_that_was_approved_just_before_starts_nothing(
    change: Callable[[], None], portal: Portal, alice: User
) -> None:
    portal.after("await_approval", change)
    order = portal.go_on(portal.order(alice))
    assert (order.ended_as, order.change_started_at) == (Progress.REFUSED, None)
    world.nothing_is_left()


@pytest.mark.parametrize("step", ["start_change", "register", "push_scaffold"])
@CHANGES
def test_an_order_that_has_begun_is_stopped_before_its_next_effect_and_undone(
    change: Callable[[], None], step: str, portal: Portal, alice: User
) -> None:
    portal.after(step, change)
    order = portal.go_on(portal.order(alice))
    assert order.ended_as == Progress.REFUSED
    assert not order.runs.filter(step="prime", direction="onward", succeeded=True).exists()
    world.nothing_is_left()


def test_what_is_on_its_clusters_already_comes_to_its_end(portal: Portal, alice: User) -> None:
    portal.after("prime", close_eu1)
    assert portal.go_on(portal.order(alice)).ended_as == Progress.REHEARSED


def test_a_service_out_of_line_is_resized_and_taken_away_all_the_same(
    portal: Portal, alice: User
) -> None:
    make_size("m", cpu_limits="2")
    service = portal.berth(alice)
    close_eu1()
    assert portal.finish(portal.resize(service, alice)).ended_as == Progress.REHEARSED
    assert portal.finish(portal.offboard(service, alice)).ended_as == Progress.REHEARSED
    world.nothing_is_left()


def test_a_row_that_is_gone_again_stops_nothing(portal: Portal, alice: User) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    close_eu1()
    Rule.objects.all().delete()
    portal.clock.shift(301)
    assert not again(portal.go_on(order)).is_over
