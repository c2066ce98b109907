"""An order for a new berth, from the form to its end."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from audit.models import Entry
from onboarding.changes.models import Change
from onboarding.models import Direction, Order, Progress, RunState
from portal.clock import now
from tenants.lifecycle import Lifecycle
from tenants.models import Service
from tests.journey import NOBODY, POLICY, Portal, again, plan_of
from tests.stories import world

pytestmark = pytest.mark.django_db


def pending(order: Order) -> str:
    """Return the step at which the order waits."""
    return order.runs.get(state=RunState.WAITING).step


def test_a_standard_change_ends_rehearsed_in_one_look(portal: Portal, alice: User) -> None:
    order = portal.look(portal.order(alice))
    assert order.ended_as == Progress.REHEARSED
    assert order.lease_until is order.next_try_at is None
    assert all(run.succeeded for run in order.runs.all())


def test_what_was_ordered_is_there_afterwards(portal: Portal, alice: User) -> None:
    portal.look(portal.order(alice))
    there = world.now_there()
    assert there.services == [["dev", Lifecycle.REHEARSED, "s", "eu1"]]
    assert there.placements[0][:2] == ["retail-basket-dev", "basket-dev"]
    assert there.changes == [["closed", True, True]]
    assert there.address[0][:2] == ["embedded", "retail/basket"]
    assert list(there.repositories) == ["retail/basket.git"]
    spaces = {name.split("/")[1] for name in there.objects}
    assert spaces == {"_cluster", "retail-flux", "retail-basket-dev"}


def test_a_normal_change_makes_nothing_before_it_is_approved(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    assert pending(order) == "await_approval"
    there = world.now_there()
    assert (there.services, there.objects, there.repositories) == ([], {}, {})
    portal.approve(order, bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    assert Service.objects.get().lifecycle == Lifecycle.REHEARSED


def test_a_refused_order_goes_back_and_leaves_nothing(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.refuse(order, bob, "Not in December.")
    order = portal.go_on(order)
    assert (order.ended_as, order.back_reason) == (Progress.REFUSED, "Not in December.")
    world.nothing_is_left()


def test_an_order_on_which_nobody_decides_ends_as_expired(portal: Portal, alice: User) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.clock.shift(timedelta(days=6))
    order = portal.go_on(order)
    assert order.ended_as == Progress.EXPIRED
    world.nothing_is_left()


def test_after_a_refusal_the_same_can_be_ordered_again(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.refuse(order, bob)
    portal.go_on(order)
    second = portal.go_on(portal.order(alice, "prod"))
    portal.approve(second, bob)
    assert portal.go_on(second).ended_as == Progress.REHEARSED


def test_two_environments_of_one_form_are_two_orders_that_share_the_repository(
    portal: Portal, alice: User, bob: User
) -> None:
    dev, prod = portal.submit(portal.draft(alice, "dev", "prod"))
    assert dev.family == prod.family
    portal.go_on(prod)
    portal.approve(prod, bob)
    assert [portal.go_on(order).ended_as for order in (prod, dev)] == [Progress.REHEARSED] * 2
    (repository,) = world.now_there().repositories.values()
    assert len(repository["history"]) == 2
    assert "refs/heads/production" in repository["refs"]


def test_each_of_two_orders_at_once_adds_its_own_overlay(
    portal: Portal, alice: User, bob: User
) -> None:
    dev, prod = portal.order(alice, "dev"), portal.go_on(portal.order(alice, "prod"))
    portal.approve(prod, bob)
    portal.go_on(dev)
    portal.go_on(prod)
    files = world.files_of("retail/basket")
    assert "deploy/overlays/dev/kustomization.yaml" in files
    assert "deploy/overlays/prod/kustomization.yaml" in files


def test_an_order_taken_back_leaves_its_sisters_berth_alone(
    portal: Portal, alice: User, bob: User
) -> None:
    dev, prod = portal.submit(portal.draft(alice, "dev", "prod"))
    portal.go_on(dev)
    before = world.now_there().objects
    portal.go_on(prod)
    portal.refuse(prod, bob)
    portal.go_on(prod)
    after = world.now_there()
    assert after.objects == before
    assert list(after.repositories) == ["retail/basket.git"]
    assert world.claimed(dev) == {"retail-basket-dev", "retail/basket"}


def test_an_application_that_changed_while_its_order_waited_voids_the_approval(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    first = plan_of(order).digest
    portal.approve(order, bob)
    type(portal.application).objects.update(cost_centre="cc-2002")
    order = portal.go_on(order)
    assert (order.revision_number, pending(order)) == (2, "await_approval")
    assert plan_of(order).digest != first
    assert [change[0] for change in world.now_there().changes] == ["canceled", "authorize"]
    assert world.namespaces() == []


def test_the_second_revision_is_approved_and_carried_out(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    type(portal.application).objects.update(cost_centre="cc-2002")
    portal.approve(portal.go_on(order), bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    objects = world.now_there().objects
    space = objects["eu1-a/_cluster/Namespace/retail-basket-prod.json"]["object"]
    assert space["metadata"]["labels"]["berth.internal/cost-centre"] == "cc-2002"


def test_a_right_that_is_lost_after_approval_takes_the_order_back(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    portal.write_policy(NOBODY)
    portal.clock.shift(timedelta(minutes=3))
    order = portal.go_on(order)
    assert order.ended_as == Progress.REFUSED
    assert "No rule and no group of yours permits this." in order.back_reason
    world.nothing_is_left()


def test_a_right_that_is_lost_between_two_effects_takes_back_what_was_made(
    portal: Portal, alice: User, settings: Settings
) -> None:
    settings.BERTH_ENTITLEMENT_TTL = timedelta(seconds=10)

    def lose_the_right() -> None:
        portal.write_policy(NOBODY)
        portal.clock.shift(timedelta(seconds=11))

    portal.after("push_scaffold", lose_the_right)
    order = portal.go_on(portal.order(alice))
    assert order.ended_as == Progress.REFUSED
    world.nothing_is_left()


def test_a_source_that_cannot_tell_holds_the_order_up_and_does_not_take_it_back(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    (portal.folder / "entitlements.yaml").unlink()
    portal.clock.shift(timedelta(minutes=3))
    order = portal.look(order)
    assert order.direction == Direction.ONWARD
    assert order.runs.get(state=RunState.WAITING).error_code == "entitlement.unknown"
    portal.write_policy(POLICY)
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_nothing_happens_outside_the_change_window(portal: Portal, alice: User, bob: User) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    opens = now() + timedelta(hours=2)
    world.set_window(order, opens)
    portal.approve(order, bob)
    order = portal.look(order)
    assert (pending(order), world.namespaces()) == ("await_approval", [])
    portal.clock.move_to(opens + timedelta(minutes=10))
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_an_order_whose_window_closes_in_the_middle_is_taken_back(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    until = now() + timedelta(hours=1)
    Change.objects.filter(number=order.change_number).update(window_end=until)
    portal.after("push_scaffold", lambda: portal.clock.move_to(until))
    order = portal.go_on(order)
    assert (order.ended_as, order.back_reason) == (
        Progress.EXPIRED,
        "The change window closed before everything was made.",
    )
    world.nothing_is_left()


def test_an_approved_order_whose_window_never_opens_expires(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    world.set_window(order, now() + timedelta(days=60))
    portal.approve(order, bob)
    portal.clock.shift(timedelta(days=6))
    order = portal.go_on(order)
    assert (order.ended_as, order.back_reason) == (
        Progress.EXPIRED,
        "The approval was not used in time.",
    )
    world.nothing_is_left()


def test_every_act_of_a_person_and_the_end_have_their_entries(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob, "Looks fine.")
    portal.go_on(order)
    said = Entry.objects.filter(object_uuid=order.uuid).values_list("verb", "actor", "reason")
    assert list(said.order_by("pk")) == [
        ("submitted", "local:alice", ""),
        ("approved", "local:bob", "Looks fine."),
        ("ended", "system:engine", "Basket was rehearsed on eu1-a: nothing left this portal."),
    ]


def test_an_order_that_is_over_is_never_looked_at_again(portal: Portal, alice: User) -> None:
    order = portal.look(portal.order(alice))
    Order.objects.filter(pk=order.pk).update(next_try_at=now())
    before = world.now_there()
    portal.look(order)
    assert world.now_there() == before
    assert again(order).fence == order.fence
