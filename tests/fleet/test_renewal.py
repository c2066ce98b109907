"""Tokens are renewed with themselves at half of their life, and silent clusters later."""

from datetime import timedelta

import pytest

from fleet import toolbox
from fleet.models import Connection
from fleet.ports import Ref
from fleet.renewal import renew_due
from portal import vault
from portal.clock import now
from tests.fleet import fake_api
from tests.fleet.conftest import MakeConnection
from tests.fleet.fake_api import Asked, FakeApi, Says, status
from tests.make import make_cluster


@pytest.fixture
def issuing(api: FakeApi) -> FakeApi:
    """Issue tokens of two days, whatever was asked for, as a server with a cap does."""

    def answer(asked: Asked) -> Says:
        if not asked.path.endswith("/namespaces/berth/serviceaccounts/primer/token"):
            return status(404, "NotFound", "not found")
        until = (now() + timedelta(days=2)).isoformat()
        return Says(201, asked.body | {"status": {"token": "t-2", "expirationTimestamp": until}})

    api.answer = answer
    return api


def test_a_token_that_is_due_is_renewed_with_itself(
    issuing: FakeApi, connected: MakeConnection
) -> None:
    connected(token_renew_at=now() - timedelta(seconds=1))
    assert renew_due(now()) == ["eu1-b"]
    assert vault.opened(Connection.objects.get().token_sealed) == "t-2"
    assert issuing.asked[0].headers["Authorization"] == "Bearer t-1"


def test_the_next_renewal_is_at_half_of_the_life_that_was_granted(
    issuing: FakeApi, connected: MakeConnection
) -> None:
    connected(token_renew_at=now() - timedelta(seconds=1))
    moment = now()
    renew_due(moment)
    left = Connection.objects.get().token_renew_at - moment
    assert abs(left - timedelta(days=1)) < timedelta(minutes=1)


def test_a_token_that_is_not_due_is_left_alone(issuing: FakeApi, connected: MakeConnection) -> None:
    connected()
    assert renew_due(now()) == []
    assert issuing.asked == []


def test_a_cluster_that_refuses_is_tried_again_later(
    api: FakeApi, connected: MakeConnection
) -> None:
    api.says(status(500, "InternalError", "out of order"))
    connected(token_renew_at=now() - timedelta(seconds=1))
    moment = now()
    assert renew_due(moment) == []
    connection = Connection.objects.get()
    assert connection.token_renew_at == moment + timedelta(minutes=10)
    assert "out of order" in connection.last_error
    assert vault.opened(connection.token_sealed) == "t-1"


def test_one_bad_cluster_does_not_hold_up_the_others(
    issuing: FakeApi, connected: MakeConnection
) -> None:
    due = {"token_renew_at": now() - timedelta(seconds=1)}
    connected(make_cluster("eu1-x", rehearsal=False), server="https://127.0.0.1:1", **due)
    connected(make_cluster("eu1-y", rehearsal=False), token_sealed="sealed elsewhere", **due)
    connected(make_cluster("eu1-z", rehearsal=False), **due)
    assert renew_due(now()) == ["eu1-z"]


def test_the_new_token_is_used_at_once(issuing: FakeApi, connected: MakeConnection) -> None:
    connection = connected(token_renew_at=now() - timedelta(seconds=1))
    renew_due(now())
    toolbox.access(connection.cluster).read(Ref("v1", "Namespace", "", "berth"))
    assert issuing.asked[-1].headers["Authorization"] == "Bearer t-2"


def test_connections_are_kept_from_call_to_call(api: FakeApi, connected: MakeConnection) -> None:
    cluster = connected().cluster
    assert fake_api.echo is api.answer
    for _ in range(5):
        toolbox.access(cluster).read(Ref("v1", "Namespace", "", "berth"))
    assert len(api.asked) == 5
    assert api.connections == 1


def test_a_forked_child_makes_connections_of_its_own(
    api: FakeApi, connected: MakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = connected().cluster
    before = toolbox.access(cluster)
    monkeypatch.setattr("os.getpid", lambda: 4711)
    assert toolbox.access(cluster) is not before
