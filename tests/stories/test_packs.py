"""Which pack lays a berth out is chosen once, and berths of different packs leave in any order."""

import pytest

from accounts.models import User
from fleet import delivery
from onboarding import actions
from onboarding.models import Order, Progress
from tenants.models import Cluster, Placement, TenantCluster
from tests.journey import Portal, again
from tests.make import make_application
from tests.stories import world
from tests.stories.turns import Hand, by_turns

pytestmark = pytest.mark.django_db(transaction=True)


def choose(pack: str) -> None:
    """Let an operator choose the pack for new placements on the cluster."""
    Cluster.objects.update(pack=pack)


def spaces() -> set[str]:
    """Return the namespaces that the rehearsal cluster has."""
    return {each.rpartition("/")[2][:-5] for each in world.namespaces() if "/Namespace/" in each}


def primed(portal: Portal, order: Order) -> Hand:
    """Carry an order on until its objects are there and it could still be withdrawn."""
    hand = Hand(portal, order)
    hand.turn_until("after prime")
    return hand


def withdraw(hand: Hand, by: User) -> Order:
    """Withdraw the order and carry it back to its end."""
    actions.withdraw(again(hand.order), by=by, reason="")
    while not hand.is_over:
        hand.turn()
    assert hand.raised == ""
    return again(hand.order)


def test_a_berth_in_one_namespace_is_delivered_from_there(portal: Portal, alice: User) -> None:
    choose("classic")
    assert portal.go_on(portal.order(alice)).ended_as == Progress.REHEARSED
    placement = Placement.objects.get()
    assert (placement.pack, placement.flux_namespace) == ("classic", "retail-basket-dev")
    assert delivery.kustomization_of(placement).namespace == "retail-basket-dev"
    assert spaces() == {"retail-basket-dev"}


@pytest.mark.parametrize(
    "packs", [("standard", "classic"), ("classic", "standard"), ("classic",) * 2]
)
@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_whichever_leaves_last_nothing_is_left(
    portal: Portal, alice: User, packs: tuple[str, str], first_to_leave: int
) -> None:
    by_turns(portal)
    choose(packs[0])
    hands = [primed(portal, portal.order(alice))]
    choose(packs[1])
    checkout = make_application("checkout", tenant=again(hands[0].order).tenant, owner=alice)
    other = {"application": str(checkout.uuid), "name": "checkout"}
    hands.append(primed(portal, portal.order(alice, **other)))
    assert ("retail-flux" in spaces()) == ("standard" in packs)
    withdraw(hands.pop(first_to_leave), alice)
    assert {"retail-basket-dev", "retail-checkout-dev"} & spaces()
    withdraw(hands.pop(), alice)
    world.nothing_is_left()


def test_a_waiting_plan_keeps_the_pack_that_was_chosen(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    choose("classic")
    portal.approve(order, bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    assert Placement.objects.get().pack == "standard"
    assert order.revision_number == again(order).revision_number
    assert TenantCluster.objects.get().pack == "standard"
