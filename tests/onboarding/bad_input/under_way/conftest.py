"""A whole portal whose one cluster is an API server that keeps what is applied."""

import pytest
from django.test import Client

from accounts.models import User
from tenants.models import Cluster, Delivery
from tests.fleet.conftest import MakeConnection, api, connected
from tests.fleet.fake_api import FakeApi
from tests.fleet.keeping import Keeping
from tests.journey import Portal, basket, folders, portal
from tests.make import browser_of

__all__ = ["api", "basket", "connected", "folders", "portal"]


@pytest.fixture
def hers(alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def keeping(portal: Portal, api: FakeApi, connected: MakeConnection) -> Keeping:
    """Join eu1-a: the API server keeps what is applied, and Flux says what `flux` holds."""
    Cluster.objects.filter(slug="eu1-a").update(delivery=Delivery.API)
    connected(Cluster.objects.get(slug="eu1-a"))
    keeping = Keeping()
    api.answer = keeping
    return keeping
