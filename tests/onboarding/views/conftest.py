"""A small world in which alice may order Basket: environments, a cluster, a policy, a scaffold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import Settings

from accounts.models import Role, User
from onboarding import actions, toolbox
from onboarding.form import drafts
from onboarding.models import Draft, Order
from onboarding.running.jobs import look_at
from tenants.models import Application, Tenant
from tests.make import (
    browser_of,
    make_application,
    make_cluster,
    make_destination,
    make_environment,
    make_size,
    make_user,
)

POLICY = """
version: 1
rules:
  - effect: permit
    groups: [retail-developers]
    actions: [onboard, resize, offboard]
    tenant: retail
    applications: ["*"]
    environments: [dev, test]
    reason: Developers of retail may order dev and test.
"""

Fill = Callable[..., Draft]


@pytest.fixture
def policy(settings: Settings, tmp_path: Path) -> Path:
    """The entitlement file: developers of retail may order dev and test, nobody prod."""
    path = tmp_path / "entitlements.yaml"
    path.write_text(POLICY)
    settings.BERTH_ENTITLEMENT_FILE = path
    return path


@pytest.fixture
def basket(alice: User, retail: Tenant, policy: Path) -> Application:
    """An application of alice's, in a world where it can be ordered."""
    alice.groups.add(Group.objects.create(name="retail-developers"))
    stages = [
        make_environment(slug, rank=rank) for rank, slug in enumerate(("dev", "test", "prod"))
    ]
    make_cluster("eu1-a", environments=stages)
    make_size()
    make_destination()
    return make_application("basket", tenant=retail, owner=alice)


@pytest.fixture
def fill(basket: Application, alice: User) -> Fill:
    """Begin a draft of alice's that answers everything; answers may be replaced, or left out."""

    def begin(**changes: Any) -> Draft:
        answers = {
            "application": str(basket.uuid),
            "environments": ["test"],
            "region": "eu1",
            "name": "basket",
            "size": "s",
            "scaffold": "web-service",
            "destinations": ["orders-db"],
            "owner": str(alice.uuid),
        }
        kept = {key: value for key, value in (answers | changes).items() if value is not None}
        return drafts.begin(alice, kept)

    return begin


@pytest.fixture
def ordered(fill: Fill, alice: User) -> Order:
    """An order of alice's for test, looked at once: it waits for approval."""
    tools = toolbox.tools()
    order = actions.submit(fill(), by=alice, tools=tools)[0]
    look_at(order.pk)
    order.refresh_from_db()
    return order


@pytest.fixture
def hers(alice: User) -> Client:
    """The browser of alice."""
    return browser_of(alice)


@pytest.fixture
def adam(db: None) -> User:
    """An approver who belongs to no tenant."""
    return make_user("adam", Role.APPROVER)
