"""The nightly look over clusters: what counts, what does not, and when."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from pytest_django import Settings

from fleet import beats, strays, toolbox
from fleet.models import Beat, Stray, StrayKind
from fleet.ports import MANAGED, Manifest, Ref
from fleet.strays import look_over_clusters
from portal.clock import now
from tenants.actions import claims
from tenants.lifecycle import Lifecycle
from tenants.models import ClaimKind, Cluster, Placement
from tests.fleet.conftest import MakeConnection
from tests.fleet.fake_api import Asked, FakeApi, Says, status
from tests.fleet.test_trial import refusal
from tests.make import make_application, make_cluster, make_placement

Clock = time_machine.Traveller
SOURCE = "source.toolkit.fluxcd.io/v1", "GitRepository"
A_DAY = timedelta(days=1, seconds=1)


@pytest.fixture
def cluster(db: None, clock: Clock, settings: Settings, tmp_path: Any) -> Cluster:
    """Make a rehearsal cluster that keeps its objects in the folder of this test."""
    settings.BERTH_REHEARSAL_FOLDER = tmp_path / "rehearsal"
    return make_cluster()


def namespace(name: str, **labels: str) -> Manifest:
    found = {"name": name, "labels": {**MANAGED, **labels}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": found}


def make(cluster: Cluster, *manifests: Manifest) -> None:
    report = toolbox.access(cluster).apply([[each] for each in manifests], manager="berth")
    assert not report.failed


def source(space: str, name: str) -> Manifest:
    metadata = {"name": name, "namespace": space, "labels": MANAGED}
    return dict(zip(("apiVersion", "kind", "metadata"), (*SOURCE, metadata), strict=True))


def twice(clock: Clock) -> None:
    """Look, and look again when what was new counts."""
    look_over_clusters(now())
    clock.shift(beats.AGAIN)
    look_over_clusters(now())


def found() -> list[tuple[str, str]]:
    """Return what counts."""
    settled = Stray.objects.filter(settled_at__isnull=False, gone_at=None)
    return sorted(settled.values_list("kind", "name"))


def test_a_namespace_that_nobody_owns_counts_once_it_was_seen_twice(
    cluster: Cluster, clock: Clock
) -> None:
    make(cluster, namespace("retail-left-dev", **{"toolkit.fluxcd.io/tenant": "retail"}))
    assert look_over_clusters(now()) == ["eu1-a"]
    assert found() == []
    clock.shift(beats.AGAIN)
    look_over_clusters(now())
    assert found() == [("namespace", "retail-left-dev")]
    assert Stray.objects.get().detail == "Labelled for tenant retail."


def test_a_cluster_in_order_is_looked_at_once_a_day(cluster: Cluster, clock: Clock) -> None:
    assert look_over_clusters(now()) == ["eu1-a"]
    clock.shift(timedelta(hours=23))
    assert look_over_clusters(now()) == []
    clock.shift(timedelta(hours=1))
    assert look_over_clusters(now()) == ["eu1-a"]


def test_what_is_gone_again_is_kept_as_gone(cluster: Cluster, clock: Clock) -> None:
    make(cluster, namespace("retail-left-dev"))
    twice(clock)
    toolbox.access(cluster).remove(Ref("v1", "Namespace", "", "retail-left-dev"), only_labelled={})
    clock.shift(A_DAY)
    look_over_clusters(now())
    assert found() == []
    assert Stray.objects.get().gone_at == now()


def test_what_comes_back_is_a_finding_of_its_own(cluster: Cluster, clock: Clock) -> None:
    test_what_is_gone_again_is_kept_as_gone(cluster, clock)
    make(cluster, namespace("retail-left-dev"))
    clock.shift(A_DAY)
    twice(clock)
    assert found() == [("namespace", "retail-left-dev")]
    assert Stray.objects.count() == 2


def test_what_is_not_ours_is_nobodys_business(cluster: Cluster, clock: Clock) -> None:
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}
    make(cluster, foreign)
    twice(clock)
    assert found() == []


def test_what_an_order_has_claimed_is_owned_though_nothing_is_recorded_yet(
    cluster: Cluster, clock: Clock
) -> None:
    application = make_application()
    scope, order = str(cluster.uuid), uuid4()
    name = "retail-basket-dev"
    claims.claim(ClaimKind.NAMESPACE, scope, name, order_uuid=order, application=application)
    make(cluster, namespace(name))
    twice(clock)
    assert found() == []
    claims.release_claims(order)
    clock.shift(A_DAY)
    twice(clock)
    assert found() == [("namespace", name)]


def test_what_an_order_takes_away_during_the_look_was_owned_before_it(cluster: Cluster) -> None:
    """Listed, then removed and given back: the record knows nothing of it any more."""
    application = make_application()
    order = uuid4()
    scope = str(cluster.uuid)
    claims.claim(ClaimKind.NAMESPACE, scope, "x", order_uuid=order, application=application)
    before = strays.owned(cluster)
    claims.release_claims(order)
    seen = strays.Seen([namespace("x")], [], "")
    assert list(strays.sightings(before, strays.owned(cluster), seen)) == []


@pytest.fixture
def placed(cluster: Cluster) -> Placement:
    """A placement that an order has rehearsed, with its namespaces and its source."""
    placement = make_placement(cluster=cluster, lifecycle=Lifecycle.REHEARSED)
    control = placement.tenant_cluster.control_namespace
    make(cluster, namespace(control), namespace(placement.namespace))
    make(cluster, source(control, placement.name))
    return placement


def test_what_a_placement_has_is_owned(placed: Placement, clock: Clock) -> None:
    twice(clock)
    assert found() == []


def test_a_flux_object_that_no_placement_has_counts(
    placed: Placement, cluster: Cluster, clock: Clock
) -> None:
    make(cluster, source("retail-flux", "left-dev"))
    twice(clock)
    assert found() == [("flux", "GitRepository retail-flux/left-dev")]


def test_what_stands_in_a_namespace_that_nobody_owns_is_told_with_it(
    placed: Placement, cluster: Cluster, clock: Clock
) -> None:
    make(cluster, namespace("left-flux"), source("left-flux", "left-dev"))
    twice(clock)
    assert found() == [("namespace", "left-flux")]


def test_a_live_placement_whose_namespace_is_gone_counts(
    placed: Placement, cluster: Cluster, clock: Clock
) -> None:
    ref = Ref("v1", "Namespace", "", placed.namespace)
    toolbox.access(cluster).remove(ref, only_labelled={})
    twice(clock)
    assert found() == [("missing", "retail-basket-dev")]


@pytest.mark.parametrize("stands", [Lifecycle.DESIGNED, Lifecycle.RETIRING, Lifecycle.RETIRED])
def test_a_placement_that_an_order_is_at_work_on_may_lack_its_namespace(
    stands: Lifecycle, cluster: Cluster, clock: Clock
) -> None:
    make_placement(cluster=cluster, lifecycle=stands)
    twice(clock)
    assert found() == []


def test_two_sweepers_do_not_look_at_the_same_cluster(cluster: Cluster) -> None:
    look_over_clusters(now())
    Beat.objects.update(due_at=now())
    beat = Beat.objects.get()
    assert beats.take(beat, now())
    assert not beats.take(beat, now())


class Guarded:
    """What an API server with nothing on it says, and what its guards do."""

    def __init__(self, *standing: str) -> None:
        self.standing = standing

    def __call__(self, asked: Asked) -> Says:
        if asked.method == "GET":
            return Says(200, {"items": [], "metadata": {}})
        guard = "berth-portal-bindings" if "rolebindings" in asked.path else self.last
        if guard in self.standing:
            return status(422, "Invalid", refusal(guard))
        return Says(201, asked.body)

    last = "berth-portal-namespaces"


BOTH = ("berth-portal-bindings", "berth-portal-namespaces")


def test_guards_that_refuse_are_in_order(api: FakeApi, connected: MakeConnection) -> None:
    api.answer = Guarded(*BOTH)
    connected()
    assert look_over_clusters(now()) == ["eu1-b"]
    assert not Stray.objects.exists()


def test_a_guard_that_stopped_refusing_counts_at_once(
    api: FakeApi, connected: MakeConnection, caplog: pytest.LogCaptureFixture
) -> None:
    api.answer = Guarded(BOTH[0])
    connected()
    look_over_clusters(now())
    assert found() == [("guard", "The portal's account")]
    assert "berth-portal-namespaces refused nothing" in Stray.objects.get().detail
    assert "Guard does not refuse on eu1-b" in caplog.text


def test_a_silent_cluster_keeps_what_was_found_and_says_why(
    api: FakeApi, connected: MakeConnection
) -> None:
    api.answer = Guarded()
    connected()
    look_over_clusters(now())
    api.says(status(503, "ServiceUnavailable", "starting up"))
    assert look_over_clusters(now() + A_DAY) == []
    assert found() == [("guard", "The portal's account")]
    assert "starting up" in Beat.objects.get().last_error


def test_a_cluster_that_has_not_joined_is_left_out(db: None) -> None:
    make_cluster("eu1-x", rehearsal=False)
    assert look_over_clusters(now()) == []
    assert not Beat.objects.exists()
    assert StrayKind.GUARD.label == "Guard does not refuse"
