"""Priming, taking away and watching, on a rehearsal cluster."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from fleet import delivery, ground, toolbox
from fleet.models import Observation
from fleet.ports import ClusterAccess, Delivered, Health, Ref
from portal.clock import now
from portal.errors import (
    ClusterBusy,
    FieldOwned,
    NamespaceForeign,
    NotJoined,
    PackNewer,
    StillGoing,
    TenantLeaving,
)
from tenants.actions import ground as shared
from tenants.lifecycle import Lifecycle
from tenants.models import Placement, Presence, TenantCluster
from tests.fleet.conftest import MakeConnection
from tests.fleet.fake_api import FakeApi
from tests.fleet.plan import Planned, planned, secret
from tests.make import make_application, make_cluster, make_placement, make_service

CONTROL = Ref("v1", "Namespace", "", "retail-flux")
WORKLOAD = Ref("v1", "Namespace", "", "retail-basket-dev")


@pytest.fixture
def placement(db: None) -> Placement:
    return make_placement()


@pytest.fixture
def plan(placement: Placement) -> Planned:
    return planned(placement)


@pytest.fixture
def access(placement: Placement) -> ClusterAccess:
    return toolbox.access(placement.cluster)


def prime(placement: Placement, plan: Planned) -> None:
    ground.prime_tenant(placement.tenant_cluster, plan.tenant, **plan.chosen, owner="order-1")
    ground.prime_placement(placement, plan.placement, resolve=secret)


def versions(access: ClusterAccess, plan: Planned) -> list[str]:
    found = [access.read(Ref.of(each["manifest"])) for each in plan.tenant + plan.placement]
    return [each["metadata"]["resourceVersion"] if each else "absent" for each in found]


def annotations(access: ClusterAccess) -> dict[str, Any]:
    found = access.read(CONTROL)
    assert found is not None
    return dict(found["metadata"]["annotations"])


def second_placement(first: Placement) -> Placement:
    """Make another application of the same tenant on the same cluster."""
    service = make_service(make_application("checkout"))
    return make_placement(service, first.cluster)


def test_everything_of_the_plan_is_there(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    prime(placement, plan)
    assert "absent" not in versions(access, plan)
    line = "placement.berth.internal/retail-basket-dev"
    assert annotations(access)[line] == "basket-dev"


def test_priming_again_changes_nothing(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    prime(placement, plan)
    before = versions(access, plan)
    prime(placement, plan)
    assert versions(access, plan) == before


def test_the_applied_pack_version_is_in_the_record(placement: Placement, plan: Planned) -> None:
    prime(placement, plan)
    presence = TenantCluster.objects.get()
    assert presence.pack_version == plan.version
    assert presence.lease_owner == ""


def test_the_secret_is_resolved_and_the_plan_keeps_the_reference(
    placement: Placement, plan: Planned
) -> None:
    asked: list[str] = []

    def resolve(name: str) -> str:
        asked.append(name)
        return "a password"

    ground.prime_tenant(placement.tenant_cluster, plan.tenant, **plan.chosen, owner="o")
    ground.prime_placement(placement, plan.placement, resolve=resolve)
    assert asked == ["git"]
    assert "secretref:git" in str(plan.placement)


AHEAD = [{"pack": "standard", "pack_version": 9}, {"pack": "bank", "pack_version": 1}]


@pytest.mark.parametrize("ahead", AHEAD)
def test_an_older_plan_stands_on_newer_ground_and_leaves_it_as_it_is(
    placement: Placement, plan: Planned, access: ClusterAccess, ahead: dict[str, Any]
) -> None:
    presence = placement.tenant_cluster
    newer = [*plan.tenant, extra_object()]
    ground.prime_tenant(presence, newer, **ahead, owner="order-1")
    said = ground.prime_tenant(presence, plan.tenant, **plan.chosen, owner="order-2")
    assert "stays as pack" in said
    assert "absent" not in versions(access, replace(plan, tenant=newer, placement=[]))
    ground.prime_placement(placement, plan.placement, resolve=secret)
    assert "absent" not in versions(access, plan)
    presence.refresh_from_db()
    assert {"pack": presence.pack, "pack_version": presence.pack_version} == ahead


def extra_object() -> dict[str, Any]:
    """Return an object that only a newer pack makes."""
    metadata = {"name": "newer", "namespace": CONTROL.name, "labels": {}}
    return {
        "wave": 90,
        "manifest": {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata},
    }


def test_newer_ground_that_does_not_admit_the_source_refuses_the_plan(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    presence = placement.tenant_cluster
    moved = planned(placement, git="https://git.elsewhere.example")
    ground.prime_tenant(presence, moved.tenant, pack="standard", pack_version=9, owner="order-1")
    before = access.read(CONTROL)
    with pytest.raises(PackNewer, match=r"git\.example\.com/retail/"):
        ground.prime_tenant(presence, plan.tenant, **plan.chosen, owner="order-2")
    assert access.read(CONTROL) == before


def test_newer_ground_that_is_not_there_any_more_is_made_by_this_plan(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    TenantCluster.objects.update(pack="standard", pack_version=9)
    ground.prime_tenant(placement.tenant_cluster, plan.tenant, **plan.chosen, owner="order-1")
    assert access.read(CONTROL) is not None
    assert TenantCluster.objects.get().pack_version == plan.version


def test_ground_that_another_order_holds_is_tried_later(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    presence = placement.tenant_cluster
    shared.take_ground(presence, "order-2", until=now() + timedelta(minutes=1))
    with pytest.raises(ClusterBusy, match="Another order"):
        ground.prime_tenant(presence, plan.tenant, **plan.chosen, owner="order-1")
    assert access.read(CONTROL) is None


def test_ground_that_leaves_takes_no_newcomer(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    presence = placement.tenant_cluster
    TenantCluster.objects.update(presence=Presence.LEAVING)
    with pytest.raises(TenantLeaving):
        ground.prime_tenant(presence, plan.tenant, **plan.chosen, owner="order-1")
    assert access.read(CONTROL) is None
    assert TenantCluster.objects.get().lease_owner == ""


@pytest.mark.parametrize("ref", [CONTROL, WORKLOAD])
def test_a_namespace_that_somebody_else_made_is_left_alone(
    placement: Placement, plan: Planned, access: ClusterAccess, ref: Ref
) -> None:
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ref.name}}
    access.apply([[foreign]], manager="the-neighbours")
    before = access.read(ref)
    with pytest.raises(NamespaceForeign, match=ref.name):
        prime(placement, plan)
    assert access.read(ref) == before


def test_a_placement_waits_for_the_ground_it_stands_on(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    with pytest.raises(ClusterBusy, match="not there yet"):
        ground.prime_placement(placement, plan.placement, resolve=secret)
    assert access.read(CONTROL) is None


def test_a_conflict_names_the_other_manager_and_the_object(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    prime(placement, plan)
    quota = next(e["manifest"] for e in plan.placement if e["manifest"]["kind"] == "ResourceQuota")
    raised = quota | {"spec": {"hard": {"pods": "999"}}}
    access.remove(Ref.of(quota), only_labelled={})
    access.apply([[raised]], manager="the-neighbours")
    with pytest.raises(FieldOwned, match=r"ResourceQuota retail-basket-dev/.*the-neighbours"):
        prime(placement, plan)


def test_taking_away_leaves_nothing_of_the_placement(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    prime(placement, plan)
    ground.unprime_placement(placement, plan.placement)
    own = [each for each in plan.placement if Ref.of(each["manifest"]) != CONTROL]
    assert {access.read(Ref.of(each["manifest"])) is None for each in own} == {True}
    assert list(annotations(access)) == ["berth.internal/allowed-sources"]


def test_taking_away_touches_no_neighbour(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    neighbour = second_placement(placement)
    theirs = planned(neighbour)
    prime(placement, plan)
    prime(neighbour, theirs)
    ground.unprime_placement(placement, plan.placement)
    ground.unprime_tenant_if_last(placement, owner="order-1")
    assert "absent" not in versions(access, theirs)
    assert "placement.berth.internal/retail-checkout-dev" in annotations(access)


@pytest.mark.parametrize("done", ["nothing", "tenant"])
def test_taking_away_bears_being_called_on_nothing(
    placement: Placement, plan: Planned, access: ClusterAccess, done: str
) -> None:
    if done == "tenant":
        ground.prime_tenant(placement.tenant_cluster, plan.tenant, **plan.chosen, owner="o")
    before = access.read(CONTROL)
    ground.unprime_placement(placement, plan.placement)
    ground.unprime_placement(placement, plan.placement)
    assert access.read(CONTROL) == before


def test_taking_away_leaves_what_another_placement_holds_under_the_same_name(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    prime(placement, plan)
    stranger = Placement(
        uuid="00000000-0000-4000-8000-000000000001",
        cluster=placement.cluster,
        tenant_cluster=placement.tenant_cluster,
        namespace="retail-other-dev",
        flux_namespace=placement.flux_namespace,
        name=placement.name,
    )
    ground.unprime_placement(stranger, plan.placement)
    assert "absent" not in versions(access, plan)


def test_the_last_placement_takes_the_shared_ground_with_it(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    prime(placement, plan)
    ground.unprime_placement(placement, plan.placement)
    ground.unprime_tenant_if_last(placement, owner="order-1")
    assert access.read(CONTROL) is None
    assert TenantCluster.objects.get().presence == Presence.GONE
    assert Placement.objects.get().lifecycle == Lifecycle.RETIRED
    ground.unprime_tenant_if_last(placement, owner="order-1")


def test_shared_ground_with_guests_is_not_taken_away(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    prime(placement, plan)
    TenantCluster.objects.update(presence=Presence.LEAVING)
    with pytest.raises(StillGoing, match="retail-basket-dev"):
        ground.unprime_tenant(placement.tenant_cluster, owner="order-1")
    assert access.read(CONTROL) is not None


def test_a_rehearsed_delivery_says_so_and_names_no_revision(
    placement: Placement, plan: Planned
) -> None:
    assert ground.delivery_of(placement).kustomization is Health.ABSENT
    prime(placement, plan)
    said = ground.delivery_of(placement)
    assert (said.kustomization, said.rehearsal) == (Health.READY, True)
    assert said.applied_revision == ""
    assert not Observation.objects.exists()


def test_an_older_word_does_not_replace_a_later_one(placement: Placement, clock: Any) -> None:
    delivery.note(placement, Delivered(Health.READY, Health.READY))
    clock.shift(timedelta(minutes=-5))
    delivery.note(placement, Delivered(Health.READY, Health.FAILED))
    assert Observation.objects.get().kustomization == "ready"
    clock.shift(timedelta(minutes=6))
    delivery.note(placement, Delivered(Health.READY, Health.RUNNING))
    assert Observation.objects.get().kustomization == "running"


def test_a_request_to_reconcile_is_on_the_source(
    placement: Placement, plan: Planned, access: ClusterAccess, clock: Any
) -> None:
    assert not ground.request_reconcile(placement, now())
    prime(placement, plan)
    assert ground.request_reconcile(placement, now())
    source = access.read(
        Ref("source.toolkit.fluxcd.io/v1", "GitRepository", "retail-flux", "basket-dev")
    )
    assert source is not None
    requested = source["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]
    assert requested == "2026-11-23T09:00:00+00:00"


def test_a_free_a_foreign_and_an_own_name(
    placement: Placement, plan: Planned, access: ClusterAccess
) -> None:
    prime(placement, plan)
    foreign = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring"}}
    access.apply([[foreign]], manager="the-neighbours")
    assert ground.name_is_free(placement.cluster, "retail-new-dev") is True
    assert ground.name_is_free(placement.cluster, "monitoring") is False
    assert ground.name_is_free(placement.cluster, "retail-basket-dev") is True


def test_a_cluster_that_has_not_joined_cannot_tell(db: None) -> None:
    cluster = make_cluster("eu1-b", rehearsal=False)
    assert ground.name_is_free(cluster, "retail-basket-dev") is None
    with pytest.raises(NotJoined, match="eu1-b"):
        toolbox.access(cluster)


def test_a_glance_that_takes_too_long_says_nothing_of_the_cluster(
    api: FakeApi, connected: MakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.hang = True
    monkeypatch.setattr(ground, "GLANCE", 0.2)
    connection = connected(last_error="")
    assert ground.name_is_free(connection.cluster, "retail-basket-dev") is None
    connection.refresh_from_db()
    assert connection.last_error == ""


def test_each_rehearsal_cluster_has_a_folder_of_its_own(db: None) -> None:
    folders = {toolbox.rehearsal_folder(make_cluster(slug)) for slug in ("eu1-a", "eu1-b")}
    assert len(folders) == 2
    assert {folder.parent for folder in folders} == {settings.BERTH_REHEARSAL_FOLDER}
