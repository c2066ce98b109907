"""An order for two clusters of which one is stopped: the other goes live, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import control_plane
from tests.cluster.control_plane import ControlPlane
from tests.cluster.test_orders import join
from tests.running import Person, Portal, running, until

TWO_PER_SERVICE = (
    "from tenants.catalogue import Environment;"
    "Environment.objects.filter(slug='dev').update(clusters_per_service=2)"
)


@pytest.fixture(scope="module")
def other_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a second control plane keeps everything while it is stopped."""
    return tmp_path_factory.mktemp("other")


@pytest.fixture(scope="module")
def portal(
    local_cluster: ControlPlane, other_state: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """A portal that knows both, with a rule of two clusters for each service in dev."""
    with running(tmp_path_factory.mktemp("portal"), BERTH_PORT="8700") as started:
        join(started, local_cluster, "pair-a", region="pair")
        with control_plane.started(other_state) as other:
            join(started, other, "pair-b", region="pair")
        started.manage("shell", "-c", TWO_PER_SERVICE)
        yield started


def test_the_other_cluster_goes_live_and_the_order_finishes_when_the_stopped_one_returns(
    portal: Portal, other_state: Path
) -> None:
    rex = Person(portal, "rex")
    (number,) = rex.order("basket", ["dev"], "pair")
    page = f"/orders/{number}/"
    until(lambda: "Live at main@sha1:" in rex.open(page), 120, "pair-a is live")
    assert "The cluster does not answer" in rex.open(page)
    assert "is live on" not in rex.open(page)
    with control_plane.started(other_state):
        until(lambda: "is live on pair-a and pair-b" in rex.open(page), 240, "both are live")
