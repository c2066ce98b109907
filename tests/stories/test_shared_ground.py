"""Two berths of one tenant on one cluster share its ground, whichever comes or goes first."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import User
from audit.models import Entry
from fleet import toolbox
from fleet.ports import ClusterAccess, Ref, placements_in
from onboarding import actions
from onboarding.models import Order, Progress
from tenants.catalogue import ChangeType, Environment
from tenants.lifecycle import LIVE
from tenants.models import Application, Cluster, Placement, Presence, Tenant, TenantCluster
from tests.journey import Portal, again, plan_of
from tests.make import make_application
from tests.stories import world
from tests.stories.turns import Hand, alternate, by_turns

pytestmark = pytest.mark.django_db(transaction=True)

CONTROL = Ref("v1", "Namespace", "", "retail-flux")
PATTERNS = ("ab", "aaab", "abbb")  # in step, the first far ahead, the second far ahead
BASKET, OTHER = (
    "retail-basket-dev",
    {"checkout": "retail-checkout-dev", "prod": "retail-basket-prod"},
)
WITHDRAWN_AT = {
    "before register": "ab",
    "after register": "abb",
    "after push_scaffold": "aab",
    "before prime": "ab",
    "after prime": "aab",
    "before await_delivery": "abb",
    "after await_delivery": "ab",
}
ANOTHER_APPLICATION = pytest.mark.parametrize("second", ["checkout"], indirect=True)


@pytest.fixture(params=OTHER)
def second(request: pytest.FixtureRequest, retail: Tenant, alice: User) -> str:
    """What the second order is for: another application, or another environment of the first."""
    wanted: str = request.param
    if wanted == "checkout":
        make_application("checkout", tenant=retail, owner=alice)
    return wanted


@pytest.fixture
def hands(portal: Portal, alice: User, second: str) -> tuple[Hand, Hand]:
    """Two workers, with an order each for the same tenant and cluster."""
    by_turns(portal)
    return Hand(portal, portal.order(alice)), Hand(portal, other_order(portal, alice, second))


def other_order(portal: Portal, alice: User, second: str) -> Order:
    if second == "prod":
        Environment.objects.filter(slug="prod").update(change_type=ChangeType.STANDARD)
        return portal.order(alice, "prod")
    checkout = Application.objects.get(slug="checkout")
    return portal.order(alice, application=str(checkout.uuid), name="checkout")


def lines() -> list[str]:
    """Return the workload namespaces that the control namespace serves."""
    return placements_in(toolbox.access(Cluster.objects.get(slug="eu1-a")).read(CONTROL))


def only_there(*orders: Order) -> bool:
    """Say whether the cluster has what the orders' plans make, and nothing else."""
    access = toolbox.access(Cluster.objects.get(slug="eu1-a"))
    wanted = {
        Ref.of(entry["manifest"])
        for order in orders
        for place in json.loads(plan_of(order).desired)["clusters"].values()
        for entry in [*place["tenant"], *place["placement"]]
    }
    missing = [str(ref) for ref in wanted if access.read(ref) is None]
    return missing == [] and len(world.namespaces()) == len(wanted)


def withdraw(order: Order, by: User) -> None:
    actions.withdraw(again(order), by=by, reason="No longer needed.")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_two_orders_at_once_share_ground_that_is_made_once(
    hands: tuple[Hand, Hand], second: str, pattern: str
) -> None:
    assert alternate(hands, pattern) == [Progress.REHEARSED, Progress.REHEARSED]
    assert lines() == sorted([BASKET, OTHER[second]])
    ground = TenantCluster.objects.get()
    assert (ground.presence, ground.lease_owner) == (Presence.PRESENT, "")
    noted = Entry.objects.filter(object_uuid=ground.uuid).values_list("verb", flat=True)
    assert sorted(noted) == ["changed", "made"], "its pack was written down once"
    assert Placement.objects.filter(lifecycle__in=LIVE).count() == 2
    assert only_there(*(hand.order for hand in hands))


@ANOTHER_APPLICATION
@pytest.mark.parametrize("at", WITHDRAWN_AT)
def test_one_is_withdrawn_while_the_other_goes_on(
    hands: tuple[Hand, Hand], alice: User, second: str, at: str
) -> None:
    hands[1].turn_until("before register")
    hands[0].turn_until(at)
    withdraw(hands[0].order, alice)
    assert alternate(hands, WITHDRAWN_AT[at]) == [Progress.WITHDRAWN, Progress.REHEARSED]
    assert lines() == [OTHER[second]]
    assert only_there(hands[1].order)
    assert TenantCluster.objects.get().presence == Presence.PRESENT


@ANOTHER_APPLICATION
@pytest.mark.parametrize("pattern", PATTERNS)
def test_when_both_are_withdrawn_the_last_takes_the_ground_away(
    hands: tuple[Hand, Hand], alice: User, pattern: str
) -> None:
    for hand in hands:
        hand.turn_until("after prime")
    for hand in hands:
        withdraw(hand.order, alice)
    assert alternate(hands, pattern) == [Progress.WITHDRAWN, Progress.WITHDRAWN]
    world.nothing_is_left()


@dataclass
class Lingering:
    """A cluster on which the control namespace takes a few looks until it is gone."""

    real: ClusterAccess
    looks: int = 4

    def __getattr__(self, call: str) -> Any:
        return getattr(self.real, call)

    def remove(self, ref: Ref, *, only_labelled: Mapping[str, str]) -> bool:
        if ref == CONTROL and self.looks:
            self.looks -= 1
            return False
        return self.real.remove(ref, only_labelled=only_labelled)


# never the newcomer far ahead: its waits move the clock past every lease of the other
@pytest.mark.parametrize("pattern", ["ab", "aab", "aaab"])
def test_a_newcomer_waits_until_ground_that_leaves_is_gone_and_makes_it_again(
    hands: tuple[Hand, Hand],
    alice: User,
    second: str,
    pattern: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lingering = Lingering(toolbox.access(Cluster.objects.get(slug="eu1-a")))
    monkeypatch.setattr(toolbox, "access_by", lambda *_whose: lingering)
    leaver, newcomer = hands
    leaver.turn_until("after prime")
    withdraw(leaver.order, alice)
    leaver.turn_until("before back register")
    leaver.turn()  # the record lets the ground leave, and it is still there
    assert TenantCluster.objects.get().presence == Presence.LEAVING
    newcomer.turn_until("before register")
    newcomer.turn()
    met = newcomer.order.runs.exclude(error_code="").values_list("error_code", flat=True)
    assert set(met) == {"cluster.tenant-leaving"}
    assert alternate(hands, pattern) == [Progress.WITHDRAWN, Progress.REHEARSED]
    assert lines() == [OTHER[second]]
    assert only_there(newcomer.order)
    assert TenantCluster.objects.get().presence == Presence.PRESENT
