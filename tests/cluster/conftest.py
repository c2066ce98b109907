"""Fixtures on a real control plane: running, joined, and with a placement of a fresh tenant."""

from collections.abc import Iterator, Sequence
from uuid import uuid4

import pytest

from audit.ledger import Actor
from fleet import joining, toolbox
from fleet.actions import Place
from fleet.ports import Administration, ClusterAccess
from tenants.models import Cluster, Placement
from tests.cluster import control_plane
from tests.cluster.control_plane import ControlPlane
from tests.fleet.plan import Planned, planned
from tests.make import (
    make_application,
    make_environment,
    make_placement,
    make_service,
    make_tenant,
)

JOINER = Actor("command:tests", "Tests")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if "tests/cluster/" in item.nodeid:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def local_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Run the control plane for the session, or use the one in BERTH_TEST_CLUSTER_STATE."""
    there = control_plane.running()
    if there is not None:
        yield there
        return
    if not control_plane.is_built():
        pytest.skip("the local control plane is not built: make cluster")
    with control_plane.started(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="session")
def admin(local_cluster: ControlPlane) -> Administration:
    """The cluster as its administrator, with the portal's groundwork in force."""
    access = toolbox.administration("local", kubeconfig=local_cluster.kubeconfig, context="")
    joining.apply_groundwork(access)
    joining.guarded_token("local", access)
    return access


@pytest.fixture
def joined_cluster(db: None, admin: Administration) -> Cluster:
    """A cluster of the record, region `local`, that takes dev, test and prod."""
    slugs = ("dev", "test", "prod")
    for slug in slugs:
        make_environment(slug)
    place = Place("local", region="local", environments=slugs)
    return joining.join(place, admin, by=JOINER).cluster


@pytest.fixture
def access(joined_cluster: Cluster) -> ClusterAccess:
    """The cluster as the portal's own account."""
    return toolbox.access(joined_cluster)


@pytest.fixture
def placement(joined_cluster: Cluster) -> Placement:
    """Put an application of a tenant that is not on the cluster yet on it."""
    return placement_of(f"crew{_unique()}", joined_cluster)


@pytest.fixture
def plan(placement: Placement) -> Planned:
    return planned(placement)


def placement_of(tenant: str, cluster: Cluster, application: str = "basket") -> Placement:
    made = make_application(application, tenant=make_tenant(tenant))
    return make_placement(make_service(made, make_environment("dev")), cluster)


def _unique() -> str:
    """Return what no earlier run on the same control plane had."""
    return uuid4().hex[:6]
