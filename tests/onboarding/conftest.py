"""Orders for tests, and the tools that stand in for what is outside."""

from collections.abc import Callable

import pytest

from accounts.models import User
from onboarding.models import Order, Revision
from tenants.models import Tenant
from tests.journey import basket, folders, portal
from tests.make import make_application, make_environment, make_service

__all__ = ["MakeOrder", "basket", "folders", "make_order", "portal"]

MakeOrder = Callable[..., Order]


@pytest.fixture
def make_order(alice: User, retail: Tenant) -> MakeOrder:
    """Make an order of alice's; `service=True` gives it a registered service."""

    def make(slug: str = "basket", *, service: bool = False) -> Order:
        application = make_application(slug, tenant=retail, owner=alice)
        environment = make_environment("dev")
        order = Order.objects.create(
            requester=alice,
            tenant=retail,
            application=application,
            environment=environment,
            service=make_service(application, environment) if service else None,
        )
        Revision.objects.create(order=order, number=1, answers={}, allotted={}, made_by=alice)
        return order

    return make
