"""Pages of the fleet: what operators and auditors read, and who is kept out."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from fleet.models import Connection, Observation
from fleet.survey import Finding
from portal.clock import now
from tenants.models import Cluster, Placement
from tests.fleet.conftest import MakeConnection
from tests.fleet.fake_api import FakeApi, Says, status
from tests.make import browser_of, make_cluster, make_placement

LIST = "/fleet/"


@pytest.fixture
def fleet(connected: MakeConnection) -> dict[str, Cluster]:
    """One cluster of each standing, named after it."""
    made = {
        name: make_cluster(f"eu1-{name}", rehearsal=False) for name in ("joined", "stale", "silent")
    }
    connected(made["joined"], heard_at=now())
    connected(made["stale"], heard_at=now() - timedelta(hours=1))
    connected(made["silent"], heard_at=now(), last_error="eu1-silent did not answer in time.")
    made["unjoined"] = make_cluster("eu1-unjoined", rehearsal=False)
    made["rehearsal"] = make_cluster("eu1-rehearsal")
    return made


def page(user: User, address: str) -> str:
    return browser_of(user).get(address).content.decode()


def of(cluster: Cluster) -> str:
    return reverse("fleet:cluster", args=[cluster.uuid])


def observed(placement: Placement, **words: str) -> Observation:
    fields = {
        "source": "ready",
        "kustomization": "ready",
        "applied_revision": "main@sha1:0123abcd4567",
    }
    return Observation.objects.create(placement=placement, **(fields | words))


def test_the_worst_cluster_stands_first(olivia: User, fleet: dict[str, Cluster]) -> None:
    text = page(olivia, LIST)
    order = ["eu1-silent", "eu1-stale", "eu1-unjoined", "eu1-joined", "eu1-rehearsal"]
    assert sorted(order, key=text.index) == order
    for word in ("Unreachable", "Stale", "Not joined", "Connected", "Rehearsal"):
        assert word in text


def test_the_list_can_be_narrowed_to_a_standing(olivia: User, fleet: dict[str, Cluster]) -> None:
    text = page(olivia, f"{LIST}?standing=stale")
    assert "eu1-stale" in text
    assert "eu1-joined" not in text


def test_placements_in_trouble_are_counted(
    olivia: User, fleet: dict[str, Cluster], connected: MakeConnection
) -> None:
    observed(make_placement(cluster=fleet["joined"]), kustomization="failed")
    assert '<td class="num"><strong>1</strong></td>' in page(olivia, LIST)


def test_an_empty_fleet_says_how_a_cluster_joins(olivia: User) -> None:
    assert "manage.py join_cluster" in page(olivia, LIST)


def test_a_cluster_shows_findings_with_their_fix(olivia: User, fleet: dict[str, Cluster]) -> None:
    finding = Finding(level="error", text="runs without a flag", fix="Give it the argument")
    Connection.objects.update(findings=[finding])
    text = page(olivia, of(fleet["joined"]))
    assert "runs without a flag" in text
    assert "Give it the argument" in text


def test_a_cluster_shows_the_last_word_of_flux(olivia: User, fleet: dict[str, Cluster]) -> None:
    placement = make_placement(cluster=fleet["joined"])
    observed(placement, kustomization="failed", reason="BuildFailed", message="no such file")
    text = page(olivia, of(fleet["joined"]))
    assert placement.namespace in text
    assert "BuildFailed: no such file" in text
    assert "main@0123abcd<" in text


def test_a_placement_nobody_looked_at_is_not_green(olivia: User, fleet: dict[str, Cluster]) -> None:
    make_placement(cluster=fleet["joined"])
    assert "Never heard" in page(olivia, of(fleet["joined"]))


def test_silence_shows_as_stale_and_a_failure_in_its_words(
    olivia: User, fleet: dict[str, Cluster]
) -> None:
    assert "may no longer hold" in page(olivia, of(fleet["stale"]))
    assert "eu1-silent did not answer in time." in page(olivia, of(fleet["silent"]))
    assert "may no longer hold" not in page(olivia, of(fleet["joined"]))


def test_the_rehearsal_cluster_is_marked(olivia: User, fleet: dict[str, Cluster]) -> None:
    assert "nothing leaves this portal" in page(olivia, of(fleet["rehearsal"]))


def test_no_page_shows_the_token(olivia: User, fleet: dict[str, Cluster]) -> None:
    sealed = Connection.objects.filter(cluster=fleet["joined"]).get().token_sealed
    text = page(olivia, of(fleet["joined"])) + page(olivia, LIST)
    assert sealed not in text


def test_looking_now_reads_the_cluster(
    olivia: User, fleet: dict[str, Cluster], api: FakeApi
) -> None:
    api.says(Says(200, {"items": [], "metadata": {}}))
    placement = make_placement(cluster=fleet["joined"])
    answer = look(olivia, fleet["joined"])
    assert "eu1-joined answered" in answer.content.decode()
    assert placement.observation.kustomization == "absent"


def test_looking_in_vain_says_so(olivia: User, fleet: dict[str, Cluster], api: FakeApi) -> None:
    api.says(status(500, "InternalError", "out of order"))
    text = look(olivia, fleet["joined"]).content.decode()
    assert "did not give what was asked for" in text
    assert "out of order" in text


def look(user: User, cluster: Cluster) -> Any:
    address = reverse("fleet:look", args=[cluster.uuid])
    return browser_of(user).post(address, follow=True)


def test_an_auditor_reads_and_asks_nothing(audra: User, fleet: dict[str, Cluster]) -> None:
    assert "eu1-joined" in page(audra, LIST)
    assert "Look now" not in page(audra, of(fleet["joined"]))
    assert look(audra, fleet["joined"]).status_code == 403


@pytest.mark.parametrize("address", [LIST, "/fleet/00000000-0000-4000-8000-000000000000/"])
def test_developers_see_no_cluster_here(alice: User, address: str) -> None:
    assert browser_of(alice).get(address).status_code == 403


def test_an_unknown_cluster_is_not_found(olivia: User) -> None:
    unknown = "/fleet/00000000-0000-4000-8000-000000000000/"
    assert browser_of(olivia).get(unknown).status_code == 404
