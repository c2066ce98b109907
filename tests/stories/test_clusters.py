"""An order on two clusters: one that is away holds up neither the other nor the end for ever."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.models import User
from fleet import toolbox as fleet_toolbox
from fleet.models import Connection
from fleet.ports import ClusterAccess
from onboarding import actions
from onboarding.models import Order, Progress, RunState
from portal.clock import now
from portal.errors import ClusterUnreachable
from tenants.catalogue import Environment
from tenants.models import Cluster, Placement, Presence, TenantCluster
from tests.journey import Portal
from tests.make import make_cluster, make_size
from tests.stories import world

pytestmark = pytest.mark.django_db


@dataclass
class Line:
    """The line to the clusters; those in `down` cannot be reached."""

    real: Callable[[Connection | None, Cluster], ClusterAccess]
    down: set[str] = field(default_factory=set)

    def access(self, connection: Connection | None, cluster: Cluster) -> Any:
        return Away(cluster.slug) if cluster.slug in self.down else self.real(connection, cluster)


@dataclass(frozen=True)
class Away:
    """A cluster that does not answer, whatever it is asked."""

    cluster: str
    rehearsal = True

    def __getattr__(self, _call: str) -> Callable[..., None]:
        def unreachable(*_args: object, **_keywords: object) -> None:
            raise ClusterUnreachable(f"{self.cluster} does not answer.")

        return unreachable


@pytest.fixture
def line(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Place each service on two clusters, eu1-a and eu1-b, and give the line to them."""
    make_cluster("eu1-b", environments=list(Environment.objects.all()))
    Environment.objects.update(clusters_per_service=2)
    line = Line(fleet_toolbox.access_by)
    monkeypatch.setattr(fleet_toolbox, "access_by", line.access)
    return line


def lanes(order: Order) -> dict[tuple[str, str], str]:
    """Return where each step of each cluster stands, by its last run."""
    runs = order.runs.exclude(placement=None).select_related("placement__cluster")
    return {(run.placement.cluster.slug, run.step): run.state for run in runs if run.placement}


def test_on_two_clusters_each_gets_the_whole_of_it(portal: Portal, alice: User, line: Line) -> None:
    order = portal.go_on(portal.order(alice))
    assert order.ended_as == Progress.REHEARSED
    there = world.now_there().objects
    on_a = {name.removeprefix("eu1-a") for name in there if name.startswith("eu1-a")}
    on_b = {name.removeprefix("eu1-b") for name in there if name.startswith("eu1-b")}
    assert on_a == on_b != set()


def test_one_cluster_that_is_away_does_not_hold_up_the_other(
    portal: Portal, alice: User, line: Line
) -> None:
    line.down.add("eu1-b")
    order = portal.look(portal.order(alice))
    assert lanes(order) == {
        ("eu1-a", "prime"): RunState.OVER,
        ("eu1-a", "await_delivery"): RunState.OVER,
        ("eu1-b", "prime"): RunState.WAITING,
    }
    assert Placement.objects.get(cluster__slug="eu1-a").live_at == now()
    waiting = order.runs.get(state=RunState.WAITING)
    assert (waiting.error_code, waiting.error_detail) == (
        "cluster.unreachable",
        "eu1-b does not answer.",
    )


def test_the_order_ends_by_itself_when_the_cluster_is_back(
    portal: Portal, alice: User, line: Line
) -> None:
    line.down.add("eu1-b")
    order = portal.look(portal.order(alice))
    portal.clock.move_to(order.next_try_at or now())
    assert not portal.look(order).is_over
    line.down.clear()
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    assert Placement.objects.exclude(live_at=None).count() == 2


def test_an_order_that_goes_back_frees_the_cluster_that_answers_and_waits_for_the_other(
    portal: Portal, alice: User, line: Line
) -> None:
    delivered: list[Order] = []

    def withdraw_when_both_have_it() -> None:
        delivered.append(Order.objects.get())
        if len(delivered) == 2:
            line.down.add("eu1-b")
            actions.withdraw(delivered[-1], by=alice, reason="")

    portal.after("await_delivery", withdraw_when_both_have_it)
    order = portal.look(portal.look(portal.order(alice)))
    assert {name.split("/")[0] for name in world.namespaces() if "basket" in name} == {
        _folder("eu1-b")
    }
    assert world.claimed(order), "names are free only when everything is undone everywhere"
    line.down.clear()
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()


def _folder(slug: str) -> str:
    return fleet_toolbox.rehearsal_folder(Cluster.objects.get(slug=slug)).name


def test_shared_ground_of_a_cluster_that_is_away_holds_up_no_other_ground(
    portal: Portal, alice: User, line: Line
) -> None:
    def withdraw() -> None:
        line.down.add("eu1-a")
        actions.withdraw(Order.objects.get(), by=alice, reason="")

    portal.after("register", withdraw)
    order = portal.look(portal.look(portal.order(alice)))
    assert order.runs.get(state=RunState.WAITING).error_detail == "eu1-a does not answer."
    assert {ground.cluster.slug: ground.presence for ground in TenantCluster.objects.all()} == {
        "eu1-a": Presence.LEAVING,
        "eu1-b": Presence.GONE,
    }


def test_a_service_leaves_the_clusters_that_answer_and_the_other_one_later(
    portal: Portal, line: Line, alice: User
) -> None:
    service = portal.berth(alice)
    order = portal.offboard(service, alice)
    line.down.add("eu1-b")
    order = portal.look(order)
    assert not order.is_over
    assert [path for path in world.namespaces() if path.startswith("eu1-a")] == []
    assert [path for path in world.namespaces() if path.startswith("eu1-b")]
    assert world.claimed(Order.objects.get(kind="onboard"))
    line.down.clear()
    assert portal.go_on(order).is_over
    world.nothing_is_left()


def test_a_size_that_came_to_one_cluster_only_is_taken_back_there(
    portal: Portal, line: Line, alice: User
) -> None:
    make_size("m", cpu_requests="2")
    service = portal.berth(alice)
    order = portal.resize(service, alice)
    line.down.add("eu1-b")
    portal.look(order)
    assert lanes(order)["eu1-a", "change_objects"] == RunState.OVER
    actions.withdraw(order, by=alice, reason="No longer needed.")
    line.down.clear()
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    hard = [each["object"]["spec"]["hard"]["requests.cpu"] for each in quotas()]
    assert hard == ["500m", "500m"]


def quotas() -> list[Any]:
    objects = world.now_there().objects
    return [
        kept
        for kept in objects.values()
        if kept["object"]["kind"] == "ResourceQuota"
        and kept["object"]["metadata"]["namespace"] == "retail-basket-dev"
    ]
