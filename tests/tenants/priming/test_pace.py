"""Durations and shards from a cluster's load."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.priming import pace

TENANTS = [f"tenant-{number}" for number in range(600)]


@pytest.mark.parametrize(
    ("kustomizations", "interval"),
    [
        (0, "10m"),
        (300, "10m"),
        (301, "30m"),
        (1000, "30m"),
        (3000, "1h"),
        (6000, "2h"),
        (9000, "6h"),
    ],
)
def test_drift_is_looked_for_less_often_on_a_full_shard(kustomizations: int, interval: str) -> None:
    assert pace.of(kustomizations, sources=0).interval == interval


@pytest.mark.parametrize(
    ("sources", "interval"),
    [(0, "1m"), (1200, "1m"), (1201, "2m"), (20_000, "30m"), (10**6, "30m")],
)
def test_a_git_host_is_asked_no_more_often_than_it_can_bear(sources: int, interval: str) -> None:
    assert pace.of(1, sources=sources).source_interval == interval


@given(kustomizations=st.integers(0, 10**6), sources=st.integers(0, 10**6))
def test_a_failing_delivery_rests_between_tries(kustomizations: int, sources: int) -> None:
    chosen = pace.of(kustomizations, sources=sources)
    assert pace.seconds(chosen.timeout) <= 300
    assert pace.seconds(chosen.retry_interval) >= pace.seconds(chosen.timeout)
    assert pace.seconds(chosen.interval) >= 600
    assert pace.seconds(chosen.source_interval) >= 60


def test_a_tenant_keeps_its_shard_while_the_list_stays() -> None:
    first = [pace.shard(tenant, ["a", "b", "c"]) for tenant in TENANTS]
    assert first == [pace.shard(tenant, ["c", "a", "b"]) for tenant in TENANTS]


def test_no_release_of_ours_moves_tenants_to_other_shards() -> None:
    """Moving between shards leaves stale artifacts behind, so the choice never changes."""
    shards = ["shard1", "shard2", "shard3"]
    found = {tenant: pace.shard(tenant, shards) for tenant in ("retail", "payments", "trade")}
    assert found == {"retail": "shard3", "payments": "shard2", "trade": "shard1"}


def test_tenants_spread_over_all_shards() -> None:
    counts = Counter(pace.shard(tenant, ["a", "b", "c"]) for tenant in TENANTS)
    assert min(counts.values()) > 150
    assert sum(counts.values()) == len(TENANTS)


def test_only_tenants_of_a_lost_shard_move() -> None:
    before = {tenant: pace.shard(tenant, ["a", "b", "c"]) for tenant in TENANTS}
    after = {tenant: pace.shard(tenant, ["a", "b"]) for tenant in TENANTS}
    assert {before[tenant] for tenant in TENANTS if before[tenant] != after[tenant]} == {"c"}


def test_without_shards_there_is_none() -> None:
    assert pace.shard("retail", []) == ""


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h30m", 5400), ("60s", 60), ("1.5m", 90), ("250ms", 0.25)]
)
def test_durations_are_read_as_flux_reads_them(text: str, seconds: float) -> None:
    assert pace.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "1d", "5m\n", "often"])
def test_what_is_no_duration_is_no_number(text: str) -> None:
    assert math.isnan(pace.seconds(text))
