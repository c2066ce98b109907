"""The shared ground of a tenant on a cluster is worked on by one at a time."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection

from accounts.models import User
from audit.models import Entry
from portal.clock import now
from tenants.actions import ground
from tenants.models import Cluster, Presence, Tenant, TenantCluster
from tests.make import make_tenant_cluster
from tests.tenants.conftest import AtOnce

MINUTE = timedelta(minutes=1)


@pytest.fixture
def plot(retail: Tenant, eu1: Cluster) -> TenantCluster:
    return make_tenant_cluster(retail, eu1)


def take(plot: TenantCluster, owner: str) -> int | None:
    return ground.take_ground(plot, owner, now() + MINUTE)


def test_ground_is_leased_to_one(plot: TenantCluster) -> None:
    assert take(plot, "w1") == 1
    assert take(plot, "w2") is None


def test_of_many_at_once_one_gets_the_ground(at_once: AtOnce, plot: TenantCluster) -> None:
    for turn in range(1, 6):
        racers = [partial(take, plot, f"w{number}") for number in range(8)]
        (fence,) = [each for each in at_once(*racers) if each is not None]
        assert fence == turn
        ground.leave_ground(plot, fence)


def test_a_lease_that_ran_out_is_free(plot: TenantCluster, clock: time_machine.Traveller) -> None:
    take(plot, "w1")
    clock.shift(2 * MINUTE)
    assert take(plot, "w2") == 2


def test_an_outdated_fence_writes_nothing(
    plot: TenantCluster, clock: time_machine.Traveller
) -> None:
    old = take(plot, "w1") or 0
    clock.shift(2 * MINUTE)
    take(plot, "w2")
    assert not ground.note_pack(plot, "standard", 3, old)
    assert not ground.leave_ground(plot, old)
    plot.refresh_from_db()
    assert (plot.pack_version, plot.lease_owner) == (0, "w2")


def test_the_pack_that_was_applied_is_written_down_once(plot: TenantCluster) -> None:
    fence = take(plot, "w1") or 0
    assert ground.note_pack(plot, "standard", 3, fence)
    assert ground.note_pack(plot, "standard", 3, fence)
    assert Entry.objects.get().changes == {"pack_version": [0, 3]}


def test_ground_tells_by_which_pack_it_was_made_last(plot: TenantCluster) -> None:
    TenantCluster.objects.update(pack="classic")
    ground.note_pack(plot, "standard", 2, take(plot, "w1") or 0)
    assert (plot.pack, plot.pack_version) == ("standard", 2)
    changes = {"pack": ["classic", "standard"], "pack_version": [0, 2]}
    assert Entry.objects.get().changes == changes


def test_ground_that_moves_between_the_look_and_the_lease_is_not_taken(plot: TenantCluster) -> None:
    moved: list[bool] = []

    def just_before(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and not moved:
            moved.append(True)
            TenantCluster.objects.update(presence=Presence.LEAVING)
        return execute(sql, *rest)

    with connection.execute_wrapper(just_before):
        assert take(plot, "w1") is None
    assert TenantCluster.objects.get().lease_owner == ""
    assert take(plot, "w1") == 1


def test_ground_given_back_is_free_at_once(plot: TenantCluster) -> None:
    assert ground.leave_ground(plot, take(plot, "w1") or 0)
    assert take(plot, "w2") == 2


def test_ground_that_is_gone_cannot_be_taken(plot: TenantCluster, olivia: User) -> None:
    ground.note_pack(plot, "standard", 3, take(plot, "w1") or 0)
    assert ground.mark_leaving(plot, by=olivia.actor)
    assert ground.mark_gone(plot, 1)
    assert take(plot, "w1") is None
    assert (plot.presence, plot.pack_version, plot.lease_owner) == (Presence.GONE, 0, "")


def test_who_takes_the_ground_sees_how_it_stands_now(plot: TenantCluster) -> None:
    TenantCluster.objects.update(pack="classic", pack_version=7, presence=Presence.LEAVING)
    fence = take(plot, "w1")
    assert (plot.pack, plot.pack_version, plot.presence) == ("classic", 7, Presence.LEAVING)
    assert plot.fence == fence


def test_an_outdated_fence_notes_nothing_even_where_nothing_changes(
    plot: TenantCluster, clock: time_machine.Traveller
) -> None:
    old = take(plot, "w1") or 0
    assert ground.note_pack(plot, "standard", 3, old)
    clock.shift(2 * MINUTE)
    take(plot, "w2")
    assert not ground.note_pack(plot, "standard", 3, old)
    assert not ground.note_pack(plot, "standard", 4, old)
