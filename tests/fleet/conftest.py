"""Fixtures of the watch: an API server on loopback that answers as it is told."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.models import Connection
from portal import vault
from portal.clock import now
from tenants.models import Cluster
from tests.fleet import fake_api
from tests.fleet.fake_api import FakeApi
from tests.make import make_cluster

MakeConnection = Callable[..., Connection]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[FakeApi]:
    with fake_api.running(tmp_path) as fake:
        yield fake


@pytest.fixture
def connected(db: None, api: FakeApi) -> MakeConnection:
    """Make connections to the API server, with a token t-1 of 30 days."""

    def make(cluster: Cluster | None = None, **changes: Any) -> Connection:
        fields = {
            "cluster_uid": "u-1",
            "server": api.address,
            "authority": api.authority,
            "token_sealed": vault.sealed("t-1"),
            "token_expires_at": now() + timedelta(days=30),
            "token_renew_at": now() + timedelta(days=15),
            "kubernetes_version": "v1.36.3",
        }
        return Connection.objects.create(
            cluster=cluster or make_cluster("eu1-b", rehearsal=False), **(fields | changes)
        )

    return make
