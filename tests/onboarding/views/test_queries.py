"""Lists ask the database as often for many rows as for one."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from onboarding import actions, toolbox
from onboarding.running.jobs import look_at
from tenants.models import Application
from tests.make import browser_of, make_application, make_user
from tests.onboarding.views.conftest import Fill

Order = Callable[[Application], None]


@pytest.fixture
def order(fill: Fill, alice: User) -> Order:
    """Order an application for test; it waits for approval."""

    def make(application: Application) -> None:
        draft = fill(application=str(application.uuid), name=application.slug)
        tools = toolbox.tools()
        placed = actions.submit(draft, by=alice, tools=tools)
        look_at(placed[0].pk)

    return make


def asked(browser: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert browser.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("path", ["/", "/orders/", "/approvals/", "/search/?q=b"])
def test_a_list_does_not_ask_once_a_row(
    basket: Application, alice: User, order: Order, path: str
) -> None:
    watcher = make_user("walter", Role.APPROVER, Role.OPERATOR)
    order(basket)
    browser = browser_of(watcher)
    asked(browser, path)
    one = asked(browser, path)
    for slug in ("belt", "boots", "bag"):
        order(make_application(slug, tenant=basket.tenant, owner=alice))
    assert asked(browser, path) == one
