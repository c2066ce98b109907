"""Taking away waits for Flux to prune, with the rights that it prunes with still there."""

import pytest

from fleet import ground
from portal.errors import StillGoing
from tenants.models import Cluster, Placement
from tests.fleet.conftest import MakeConnection
from tests.fleet.fake_api import FakeApi
from tests.fleet.keeping import Keeping
from tests.fleet.plan import planned, secret
from tests.make import make_cluster, make_placement


@pytest.fixture
def cluster(connected: MakeConnection) -> Cluster:
    cluster = make_cluster("eu1-a", rehearsal=False)
    connected(cluster)
    return cluster


@pytest.fixture
def placement(cluster: Cluster) -> Placement:
    return make_placement(cluster=cluster)


def test_nothing_else_goes_while_the_kustomization_is_still_going(
    placement: Placement, api: FakeApi
) -> None:
    api.answer = Keeping()
    plan = planned(placement)
    ground.prime_tenant(placement.tenant_cluster, plan.tenant, **plan.chosen, owner="order-1")
    ground.prime_placement(placement, plan.placement, resolve=secret)
    with pytest.raises(StillGoing, match="Kustomization"):
        ground.unprime_placement(placement, plan.placement)
    deleted = [asked.path for asked in api.asked if asked.method == "DELETE"]
    assert [path.split("/")[-2] for path in deleted] == ["kustomizations"]
