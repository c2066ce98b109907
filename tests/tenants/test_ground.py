"""The shared ground of a tenant on a cluster is worked on by one at a time."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from audit.models import Entry
from portal.clock import now
from portal.errors import PackNewer
from tenants import actions
from tenants.models import Cluster, Presence, Tenant, TenantCluster
from tests.make import make_tenant_cluster
from tests.tenants.conftest import AtOnce

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ground(retail: Tenant, eu1: Cluster) -> TenantCluster:
    return make_tenant_cluster(retail, eu1)


def take(ground: TenantCluster, owner: str) -> int | None:
    return actions.take_ground(ground, owner, now() + MINUTE)


def test_ground_is_leased_to_one(ground: TenantCluster) -> None:
    assert take(ground, "w1") == 1
    assert take(ground, "w2") is None


def test_of_two_at_once_one_gets_the_ground(at_once: AtOnce, ground: TenantCluster) -> None:
    fences = at_once(lambda: take(ground, "w1"), lambda: take(ground, "w2"))
    assert sorted(fences, key=str) == [1, None]


def test_a_lease_that_ran_out_is_free(ground: TenantCluster, clock: time_machine.Traveller) -> None:
    take(ground, "w1")
    clock.shift(2 * MINUTE)
    assert take(ground, "w2") == 2


def test_an_outdated_fence_writes_nothing(
    ground: TenantCluster, clock: time_machine.Traveller
) -> None:
    old = take(ground, "w1") or 0
    clock.shift(2 * MINUTE)
    take(ground, "w2")
    assert not actions.note_pack(ground, 3, old)
    assert not actions.leave_ground(ground, old)
    ground.refresh_from_db()
    assert (ground.pack_version, ground.lease_owner) == (0, "w2")


def test_the_pack_that_was_applied_is_written_down_once(ground: TenantCluster) -> None:
    fence = take(ground, "w1") or 0
    assert actions.note_pack(ground, 3, fence)
    assert actions.note_pack(ground, 3, fence)
    assert Entry.objects.get().changes == {"pack_version": [0, 3]}


def test_an_older_pack_is_never_written_over_a_newer_one(ground: TenantCluster) -> None:
    fence = take(ground, "w1") or 0
    actions.note_pack(ground, 3, fence)
    with pytest.raises(PackNewer):
        actions.note_pack(ground, 2, fence)


def test_ground_given_back_is_free_at_once(ground: TenantCluster) -> None:
    assert actions.leave_ground(ground, take(ground, "w1") or 0)
    assert take(ground, "w2") == 2


def test_ground_that_is_gone_cannot_be_taken(ground: TenantCluster, olivia: User) -> None:
    actions.note_pack(ground, 3, take(ground, "w1") or 0)
    assert actions.mark_leaving(ground, by=olivia.actor)
    assert actions.mark_gone(ground, 1)
    assert take(ground, "w1") is None
    assert (ground.presence, ground.pack_version) == (Presence.GONE, 0)
