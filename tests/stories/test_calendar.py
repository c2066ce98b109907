"""Freezes and maintenance windows meet orders on their way: nothing begins inside, all goes on."""

from datetime import timedelta

import pytest
from django.conf import settings

from accounts.models import Role, User
from onboarding import actions, lookups
from onboarding.calendar import in_force
from onboarding.display import histories
from onboarding.display.outlook import outlook
from onboarding.models import Order, Progress, StepRun, WindowEdition
from portal.clock import now
from portal.errors import TooLate
from tenants.catalogue import Environment
from tests.journey import Portal, again
from tests.make import make_cluster, make_size, make_user, make_window
from tests.stories import world

pytestmark = pytest.mark.django_db

CLOSED = "change.window-closed"
HOUR = timedelta(hours=1)


@pytest.fixture
def two(portal: Portal) -> None:
    """Place each service on two clusters, eu1-a and eu1-b."""
    make_cluster("eu1-b", environments=list(Environment.objects.all()))
    Environment.objects.update(clusters_per_service=2)


def waiting(order: Order) -> list[tuple[str, str, str]]:
    """Return which steps wait for a window: step, cluster, and error."""
    runs = order.runs.filter(error_code=CLOSED, finished_at=None).order_by("pk")
    return [
        (run.step, run.placement.cluster.slug if run.placement else "", run.error_code)
        for run in runs
    ]


def primed() -> list[str]:
    """Return the clusters on which something of a service is."""
    return sorted({path[:5] for path in world.namespaces()})


def sentence(order: Order) -> str:
    return outlook(order, histories.steps_of(order)).sentence


def test_nothing_starts_in_a_freeze_and_all_goes_on_by_itself_afterwards(
    portal: Portal, alice: User
) -> None:
    make_window(minutes=180, name="Year end")
    order = portal.look(portal.order(alice))
    assert waiting(order) == [("start_change", "", CLOSED)]
    assert (order.change_started_at, world.namespaces()) == (None, [])
    order = portal.go_on(order)
    assert order.ended_as == Progress.REHEARSED


def test_an_order_that_waits_names_the_freeze_why_and_until_when(
    portal: Portal, alice: User
) -> None:
    edition = make_window(minutes=180, name="Year end", zone="UTC")
    ends = edition.as_window.said(edition.over_at or now())
    order = portal.look(portal.order(alice))
    run = order.runs.get(step="start_change")
    told = f"Freeze Year end holds all clusters until {ends}: Books are closed."
    assert (run.error_detail, run.state) == (told, "waiting")
    assert sentence(order) == f"Waiting for the end of freeze Year end on eu1-a, {ends}."


@pytest.mark.usefixtures("two")
def test_a_freeze_that_begins_in_mid_rollout_stops_the_next_cluster_alone(
    portal: Portal, alice: User
) -> None:
    portal.after("push_scaffold", lambda: make_window(place="cluster:eu1-b", name="Move"))
    order = portal.look(portal.order(alice))
    assert waiting(order) == [("prime", "eu1-b", CLOSED)]
    assert primed() == ["eu1-a"]
    assert "freeze Move on eu1-b" in sentence(order)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    assert primed() == ["eu1-a", "eu1-b"]


@pytest.mark.usefixtures("two")
def test_a_freeze_that_begins_between_two_clusters_stops_the_second(
    portal: Portal, alice: User
) -> None:
    def freeze_once() -> None:
        if not WindowEdition.objects.exists():
            make_window(name="Incident")

    portal.after("prime", freeze_once)
    order = portal.look(portal.order(alice))
    assert waiting(order) == [("prime", "eu1-b", CLOSED)]
    assert primed() == ["eu1-a"]


def test_a_freeze_that_is_lifted_early_lets_orders_go_on_at_once(
    portal: Portal, alice: User
) -> None:
    edition = make_window(minutes=3 * 24 * 60)
    order = portal.look(portal.order(alice))
    actions.withdraw_window(edition, why="All is calm.", by=make_user("olivia", Role.OPERATOR))
    assert (again(order).next_try_at or now()) <= now()
    assert portal.look(order).ended_as == Progress.REHEARSED


def test_one_wait_is_one_run_however_long_the_freeze_is(portal: Portal, alice: User) -> None:
    make_window(minutes=240)
    order = portal.go_on(portal.order(alice))
    assert order.ended_as == Progress.REHEARSED
    assert StepRun.objects.filter(order=order, step="start_change").count() == 1


def test_a_freeze_of_somewhere_else_holds_nothing(portal: Portal, alice: User) -> None:
    for place in ("cluster:eu1-z", "region:us1", "tenant:lending"):
        make_window(place=place)
    assert portal.look(portal.order(alice)).ended_as == Progress.REHEARSED


@pytest.mark.parametrize("place", ["global", "region:eu1", "cluster:eu1-a", "tenant:retail"])
def test_a_freeze_of_each_scope_holds_what_it_names(
    place: str, portal: Portal, alice: User
) -> None:
    make_window(place=place)
    assert waiting(portal.look(portal.order(alice))) == [("start_change", "", CLOSED)]


def test_changes_wait_for_the_maintenance_window_and_stop_where_it_ends(
    portal: Portal, alice: User
) -> None:
    opens = now() + 2 * HOUR
    make_window(opens, kind="maintenance", place="cluster:eu1-a")
    order = portal.look(portal.order(alice))
    assert waiting(order) == [("start_change", "", CLOSED)]
    order = portal.go_on(order)
    assert order.ended_as == Progress.REHEARSED
    assert opens - HOUR / 60 <= (order.change_started_at or now()) < opens + HOUR


def test_a_freeze_wins_over_a_maintenance_window(portal: Portal, alice: User) -> None:
    make_window(kind="maintenance", minutes=600)
    make_window(minutes=120, name="Incident")
    order = portal.look(portal.order(alice))
    assert "freeze Incident" in sentence(order)
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_a_maintenance_window_that_comes_after_the_approval_lapses_ends_the_order(
    portal: Portal, alice: User, bob: User
) -> None:
    after = now() + settings.BERTH_APPROVAL_TTL + timedelta(days=2)
    make_window(after, kind="maintenance", place="cluster:eu1-a")
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    order = portal.look(order)
    assert waiting(order) == [("start_change", "", CLOSED)]
    portal.clock.shift(settings.BERTH_APPROVAL_TTL)
    order = portal.go_on(order)
    assert (order.ended_as, order.back_reason) == (
        Progress.EXPIRED,
        "The approval was not used in time.",
    )
    world.nothing_is_left()


def test_the_approver_is_warned_that_the_approval_would_lapse_first(
    portal: Portal, alice: User
) -> None:
    make_window(now() + settings.BERTH_APPROVAL_TTL + 48 * HOUR, kind="maintenance")
    order = portal.go_on(portal.order(alice, "prod"))
    found = in_force.ahead_of(order, lookups.change_of(order))
    assert found is not None
    assert (found.is_too_late, found.is_free) == (True, False)


def test_undoing_is_never_stopped_by_a_freeze(portal: Portal, alice: User) -> None:
    def freeze_and_withdraw() -> None:
        make_window(minutes=24 * 60)
        actions.withdraw(Order.objects.get(), by=alice, reason="Not now.")

    portal.after("prime", freeze_and_withdraw)
    order = portal.go_on(portal.order(alice))
    assert order.ended_as == Progress.WITHDRAWN
    world.nothing_is_left()


@pytest.mark.usefixtures("two")
def test_a_freeze_after_the_point_of_no_return_stops_the_next_cluster_and_nobody_goes_back(
    portal: Portal, alice: User
) -> None:
    service = portal.berth(alice)
    portal.tell("offboard")
    portal.after("pass_the_point", lambda: make_window(place="cluster:eu1-b", minutes=120))
    order = portal.look(portal.offboard(service, alice))
    assert waiting(order) == [("take_away", "eu1-b", CLOSED)]
    assert primed() == ["eu1-b"]
    with pytest.raises(TooLate):
        actions.withdraw(order, by=alice, reason="Stay.")
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    world.nothing_is_left()


def test_what_has_begun_to_go_from_a_cluster_is_finished_in_a_freeze(
    portal: Portal, alice: User
) -> None:
    service = portal.berth(alice)
    portal.tell("offboard")
    portal.after("take_away", lambda: make_window(minutes=24 * 60))
    order = portal.look(portal.offboard(service, alice))
    assert order.ended_as == Progress.REHEARSED
    world.nothing_is_left()


def test_nothing_is_offboarded_in_a_freeze_and_it_can_still_be_withdrawn(
    portal: Portal, alice: User
) -> None:
    service = portal.berth(alice)
    make_window(minutes=24 * 60)
    order = portal.look(portal.offboard(service, alice))
    assert waiting(order) == [("start_change", "", CLOSED)]
    actions.withdraw(order, by=alice, reason="Stay.")
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN


def test_a_resize_waits_for_the_end_of_a_freeze(portal: Portal, alice: User) -> None:
    make_size("m", cpu_limits="2")
    service = portal.berth(alice)
    make_window(minutes=60)
    order = portal.look(portal.resize(service, alice))
    assert waiting(order) == [("start_change", "", CLOSED)]
    assert portal.go_on(order).ended_as == Progress.REHEARSED
