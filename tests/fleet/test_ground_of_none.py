"""Placements that share no ground, and clusters on which nothing can have been made."""

import pytest

from fleet import actions, ground, toolbox
from fleet.actions import Place
from fleet.models import Connection
from portal.errors import NamespaceForeign, NotJoined
from tenants.models import Cluster, Delivery, Placement, Presence, TenantCluster
from tests.fleet.plan import Planned, planned
from tests.fleet.test_actions import OLIVIA, found
from tests.fleet.test_ground import CONTROL, WORKLOAD, prime, versions
from tests.make import make_placement


@pytest.fixture
def placement(db: None) -> Placement:
    return make_placement()


@pytest.fixture
def plan(placement: Placement) -> Planned:
    return planned(placement)


def test_where_nobody_ever_joined_there_is_nothing_to_take_away(
    placement: Placement, plan: Planned
) -> None:
    Cluster.objects.update(delivery=Delivery.API)
    placement.refresh_from_db()
    ground.unprime_placement(placement, plan.placement)
    ground.unprime_tenant_if_last(placement, owner="order-1")
    assert TenantCluster.objects.get().presence == Presence.GONE


def test_a_cluster_that_joined_and_left_is_not_thought_empty(
    placement: Placement, plan: Planned
) -> None:
    Cluster.objects.update(delivery=Delivery.API)
    placement.refresh_from_db()
    actions.join(Place(placement.cluster.slug), found(), by=OLIVIA)
    Connection.objects.all().delete()
    with pytest.raises(NotJoined):
        ground.unprime_placement(placement, plan.placement)
    TenantCluster.objects.update(presence=Presence.LEAVING)
    with pytest.raises(NotJoined):
        ground.unprime_tenant(placement.tenant_cluster, owner="order-1")
    assert TenantCluster.objects.get().presence == Presence.LEAVING


@pytest.fixture
def single(db: None) -> Placement:
    """A placement that stands by itself."""
    return make_placement(pack="classic", flux_namespace=WORKLOAD.name)


def test_a_placement_by_itself_needs_no_ground_and_leaves_nothing(single: Placement) -> None:
    plan, access = planned(single), toolbox.access(single.cluster)
    prime(single, plan)
    assert "absent" not in versions(access, plan)
    assert access.read(CONTROL) is None
    assert TenantCluster.objects.get().pack_version == 0
    ground.unprime_placement(single, plan.placement)
    assert set(versions(access, plan)) == {"absent"}
    ground.unprime_tenant_if_last(single, owner="order-1")
    assert TenantCluster.objects.get().presence == Presence.GONE


def test_a_placement_by_itself_is_left_alone_in_a_namespace_of_others(single: Placement) -> None:
    plan, access = planned(single), toolbox.access(single.cluster)
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": WORKLOAD.name}}
    access.apply([[foreign]], manager="the-neighbours")
    before = access.read(WORKLOAD)
    with pytest.raises(NamespaceForeign, match=WORKLOAD.name):
        prime(single, plan)
    ground.unprime_placement(single, plan.placement)
    assert access.read(WORKLOAD) == before
