"""Joining writes a cluster into the record once, and keeps mistaken clusters out of its place."""

from datetime import timedelta
from typing import Any

import pytest

from audit.ledger import Actor
from audit.models import Entry
from fleet import actions
from fleet.actions import Place
from fleet.models import Connection
from portal.clock import now
from portal.errors import NotJoined, PlanRefused
from tenants.models import Cluster
from tests.make import make_cluster, make_environment, make_placement

OLIVIA = Actor("local:olivia", "Olivia")


def found(**changes: Any) -> dict[str, Any]:
    """Return what joining learns of a cluster."""
    fields = {
        "cluster_uid": "u-1",
        "server": "https://10.0.0.1:6443",
        "authority": "",
        "tls_server_name": "",
        "token_sealed": "sealed",
        "token_expires_at": now() + timedelta(days=30),
        "token_renew_at": now() + timedelta(days=15),
        "kubernetes_version": "v1.36.3",
        "flux_version": "v2.9.4",
        "findings": [],
        "joined_at": now(),
        "last_error": "",
    }
    return fields | changes


def slugs(cluster: Cluster) -> set[str]:
    return {environment.slug for environment in cluster.environments.all()}


@pytest.fixture
def environments(db: None) -> None:
    for slug in ("dev", "test", "prod"):
        make_environment(slug)


def test_a_new_cluster_takes_every_environment(environments: None) -> None:
    actions.join(Place("eu1-b", region="eu1"), found(), by=OLIVIA)
    cluster = Cluster.objects.get()
    assert (cluster.slug, cluster.region, cluster.is_rehearsal) == ("eu1-b", "eu1", False)
    assert slugs(cluster) == {"dev", "test", "prod"}


def test_a_new_cluster_takes_those_that_are_named(environments: None) -> None:
    place = Place("eu1-b", region="eu1", environments=["dev", "test"])
    actions.join(place, found(), by=OLIVIA)
    assert slugs(Cluster.objects.get()) == {"dev", "test"}


def test_joining_again_updates_the_address_and_keeps_the_rules(environments: None) -> None:
    actions.join(Place("eu1-b", region="eu1", environments=["dev"]), found(), by=OLIVIA)
    again = found(server="https://10.0.0.2:6443")
    actions.join(Place("eu1-b"), again, by=OLIVIA)
    assert Connection.objects.get().server == "https://10.0.0.2:6443"
    assert slugs(Cluster.objects.get()) == {"dev"}


def test_joining_again_may_change_region_and_environments(environments: None) -> None:
    actions.join(Place("eu1-b", region="eu1"), found(), by=OLIVIA)
    place = Place("eu1-b", region="us1", environments=["prod"])
    actions.join(place, found(), by=OLIVIA)
    assert Cluster.objects.get().region == "us1"
    assert slugs(Cluster.objects.get()) == {"prod"}


def test_a_cluster_joins_with_a_pack_and_keeps_it(environments: None) -> None:
    actions.join(Place("eu1-b", region="eu1", pack="classic"), found(), by=OLIVIA)
    cluster = actions.join(Place("eu1-b"), found(), by=OLIVIA).cluster
    assert cluster.pack == "classic"
    with pytest.raises(PlanRefused, match="absent is no priming pack"):
        actions.join(Place("eu1-b", pack="absent"), found(), by=OLIVIA)


def test_joining_is_in_the_ledger_without_the_token(environments: None) -> None:
    actions.join(Place("eu1-b", region="eu1"), found(), by=OLIVIA)
    entry = Entry.objects.get(verb="joined")
    assert entry.actor == "local:olivia"
    assert entry.changes["server"] == [None, "https://10.0.0.1:6443"]
    assert "sealed" not in str(entry.changes)


def test_a_new_cluster_needs_a_region(environments: None) -> None:
    with pytest.raises(NotJoined, match="--region"):
        actions.join(Place("eu1-b"), found(), by=OLIVIA)
    assert not Cluster.objects.exists()


def test_an_environment_that_nobody_offers_is_named(environments: None) -> None:
    place = Place("eu1-b", region="eu1", environments=["staging"])
    with pytest.raises(NotJoined, match="staging"):
        actions.join(place, found(), by=OLIVIA)
    assert not Cluster.objects.exists()


def test_another_cluster_does_not_slip_into_the_place(environments: None) -> None:
    actions.join(Place("eu1-b", region="eu1"), found(), by=OLIVIA)
    make_placement(cluster=Cluster.objects.get())
    other = found(cluster_uid="u-2")
    with pytest.raises(NotJoined, match="has there: 1"):
        actions.join(Place("eu1-b"), other, by=OLIVIA)
    actions.join(Place("eu1-b", replaces=True), other, by=OLIVIA)
    assert Connection.objects.get().cluster_uid == "u-2"


def test_a_rehearsal_cluster_is_not_joined(environments: None) -> None:
    make_cluster("eu1-a")
    with pytest.raises(NotJoined, match="rehearsal"):
        actions.join(Place("eu1-a", region="eu1"), found(), by=OLIVIA)
    assert not Connection.objects.exists()
