"""Rounds through the fleet: every placement's last word, and silence that stays visible."""

from datetime import timedelta
from typing import Any

import pytest

from fleet.models import Connection, Observation
from fleet.rounds import look_around, look_at
from portal.clock import now
from tests.fleet.conftest import MakeConnection
from tests.fleet.fake_api import Asked, FakeApi, Says, status
from tests.fleet.test_status import condition, flux
from tests.make import make_application, make_cluster, make_placement, make_service

READY = condition("Ready", "True", "ReconciliationSucceeded")


def named(found: dict[str, Any], namespace: str, name: str) -> dict[str, Any]:
    """Return an object as it stands in a list: without its kind."""
    return found | {"metadata": {"namespace": namespace, "name": name, "generation": 2}}


@pytest.fixture
def delivering(api: FakeApi) -> FakeApi:
    """Say that retail's basket in dev is delivered, and nothing of anything else."""
    source = named(flux(READY, artifact={"revision": "main@sha1:b"}), "retail-flux", "basket-dev")
    applied = named(flux(READY, lastAppliedRevision="main@sha1:a"), "retail-flux", "basket-dev")

    def answer(asked: Asked) -> Says:
        items = [applied if "kustomizations" in asked.path else source]
        return Says(200, {"items": items, "metadata": {}})

    api.answer = answer
    return api


def test_a_placements_last_word_is_kept(delivering: FakeApi, connected: MakeConnection) -> None:
    placement = make_placement(cluster=connected().cluster)
    assert look_around(now()) == ["eu1-b"]
    word = Observation.objects.get(placement=placement)
    assert (word.source, word.kustomization) == ("ready", "ready")
    assert (word.source_revision, word.applied_revision) == ("main@sha1:b", "main@sha1:a")
    assert Connection.objects.get().heard_at is not None


def test_what_is_missing_on_the_cluster_shows(
    delivering: FakeApi, connected: MakeConnection
) -> None:
    cluster = connected().cluster
    placement = make_placement(make_service(make_application("checkout")), cluster)
    look_around(now())
    assert Observation.objects.get(placement=placement).kustomization == "absent"


def test_a_round_asks_twice_however_many_placements(
    delivering: FakeApi, connected: MakeConnection
) -> None:
    cluster = connected().cluster
    for name in ("basket", "checkout", "search"):
        make_placement(make_service(make_application(name)), cluster)
    look_around(now())
    assert len(delivering.asked) == 2
    assert "labelSelector=app.kubernetes.io%2Fmanaged-by%3Dberth" in delivering.asked[0].path


def test_a_cluster_is_not_due_again_at_once(delivering: FakeApi, connected: MakeConnection) -> None:
    connected()
    moment = now()
    assert look_around(moment) == ["eu1-b"]
    assert look_around(moment + timedelta(seconds=50)) == []
    assert look_around(moment + timedelta(seconds=70)) == ["eu1-b"]


def test_a_person_need_not_wait_until_it_is_due(
    delivering: FakeApi, connected: MakeConnection
) -> None:
    cluster = connected(look_at=now() + timedelta(hours=1)).cluster
    assert look_at(cluster, now()) is True
    assert look_at(make_cluster("eu1-c", rehearsal=False), now()) is False


def test_silence_keeps_the_last_word_and_says_why(
    delivering: FakeApi, connected: MakeConnection
) -> None:
    make_placement(cluster=connected().cluster)
    look_around(now())
    before = Observation.objects.values().get()
    heard = Connection.objects.get().heard_at
    delivering.says(status(503, "ServiceUnavailable", "starting up"))
    assert look_around(now() + timedelta(minutes=6)) == []
    assert Observation.objects.values().get() == before
    connection = Connection.objects.get()
    assert "starting up" in connection.last_error
    assert heard is not None
    assert connection.heard_at is not None


def test_a_silent_cluster_does_not_hide_the_others(
    delivering: FakeApi, connected: MakeConnection
) -> None:
    silent = make_cluster("eu1-x", rehearsal=False)
    connected(silent, server="https://127.0.0.1:1")
    connected(make_cluster("eu1-y", rehearsal=False), token_sealed="sealed elsewhere")
    connected()
    assert look_around(now()) == ["eu1-b"]
    connection = Connection.objects.get(cluster=silent)
    assert connection.heard_at is None
    assert "could not be reached" in connection.last_error
