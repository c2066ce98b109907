"""What is left of a cluster, in words."""

import pytest

from onboarding.form import room
from tenants.lifecycle import Lifecycle
from tests.make import make_cluster, make_placement, make_service, make_size


def test_a_cluster_whose_capacity_is_not_said_shows_only_its_name(db: None) -> None:
    assert room.in_words([make_cluster("eu1-a")]) == "eu1-a"


def test_what_sizes_guarantee_is_taken_off(db: None) -> None:
    cluster = make_cluster("eu1-a", capacity_cpu=4)
    make_placement(make_service(size=make_size("m", cpu_requests="1500m")), cluster)
    assert room.in_words([cluster]) == "eu1-a (2 of 4 CPU free)"


def test_what_is_retired_takes_no_room(db: None) -> None:
    cluster = make_cluster("eu1-a", capacity_cpu=4)
    make_placement(make_service(), cluster, lifecycle=Lifecycle.RETIRED)
    assert room.left(cluster) == "4 of 4 CPU free"


def test_a_full_cluster_says_so(db: None) -> None:
    cluster = make_cluster("eu1-a", capacity_cpu=1)
    make_placement(make_service(size=make_size("l", cpu_requests="8")), cluster)
    assert room.left(cluster) == "full"


@pytest.mark.parametrize(("quantity", "cores"), [("500m", 0.5), ("2", 2.0)])
def test_cpu_is_counted_in_cores(quantity: str, cores: float) -> None:
    assert room.cores(quantity) == cores
