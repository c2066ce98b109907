"""How an order of each kind comes to be: the site it is placed on, and the placing itself."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import count

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Group

from accounts.models import Role, User
from onboarding import actions, toolbox
from onboarding.engine.look import look
from onboarding.models import Draft, Order
from onboarding.stories import STORIES
from tenants.catalogue import ChangeType, Environment
from tenants.models import Application, Service
from tests.journey import POLICY, again, plan_of
from tests.make import (
    make_application,
    make_cluster,
    make_destination,
    make_environment,
    make_size,
    make_tenant,
    make_user,
)
from tests.stories.apart import Site

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
CLUSTERS = ("eu1-a", "eu1-b")


def the_order() -> Order:
    """Return the order that the plot is about: the last one placed."""
    return Order.objects.latest("pk")


def furnish() -> None:
    """Make the people, the catalogue and two rehearsal clusters on which every service runs."""
    alice, bob = make_user("alice", Role.DEVELOPER), make_user("bob", Role.APPROVER)
    prod = make_environment("prod", approver_group="prod-approvers", clusters_per_service=2)
    for cluster in CLUSTERS:
        make_cluster(cluster, environments=[prod])
    make_size()
    make_destination()
    for name, member in {"retail-developers": alice, "prod-approvers": bob}.items():
        Group.objects.create(name=name).user_set.set([member])
    tenant = make_tenant("retail", members=[alice, bob])
    make_application("basket", tenant=tenant, owner=alice)
    settings.BERTH_ENTITLEMENT_FILE.write_text(POLICY)


def onboard() -> None:
    """Order a berth for basket."""
    alice, application = User.objects.get(username="alice"), Application.objects.get()
    answers = {
        "application": str(application.uuid),
        "environments": ["prod"],
        "region": "eu1",
        "name": application.slug,
        "size": "s",
        "scaffold": "web-service",
        "destinations": ["orders-db"],
        "owner": str(alice.uuid),
    }
    draft = Draft.objects.create(person=alice, answers=answers)
    actions.submit(draft, by=alice, tools=toolbox.tools())


def standard() -> None:
    """Furnish a site on which policy approves, and order a berth for basket there, in real time."""
    furnish()
    Environment.objects.update(change_type=ChangeType.STANDARD)
    onboard()


def standing() -> Service:
    """Order a berth for basket, and let it come to its end."""
    onboard()
    order, tools = the_order(), toolbox.tools()
    look(order.pk, STORIES[order.kind], tools, owner="a worker")
    bob, digest = User.objects.get(username="bob"), plan_of(order).digest
    actions.approve(again(order), by=bob, digest=digest, reason="Fine.", sources=tools.sources)
    look(order.pk, STORIES[order.kind], tools, owner="a worker")
    assert again(order).is_over
    return Service.objects.get()


def resize() -> None:
    """Order another size and another destination for basket, which stands."""
    service, alice = standing(), User.objects.get(username="alice")
    size, reached = make_size("m", cpu_requests="2").slug, [make_destination("kafka").slug]
    actions.resize(
        service, by=alice, size=size, destinations=reached, reason="", tools=toolbox.tools()
    )


def offboard() -> None:
    """Order that basket, which stands, is taken away."""
    service, alice = standing(), User.objects.get(username="alice")
    actions.offboard(service, by=alice, reason="It is replaced.", tools=toolbox.tools())


Placed = Callable[[str], Site]
PLACED: Mapping[str, Callable[[], None]] = {
    "onboard": onboard,
    "resize": resize,
    "offboard": offboard,
}


def place(kind: str) -> None:
    """Bring this process, a child on a site, to where such an order has just been placed."""
    with time_machine.travel(START, tick=False):
        furnish()
        PLACED[kind]()


@pytest.fixture(scope="session")
def placed(empty: Site) -> Placed:
    """Give copies of a site on which an order of a kind has just been placed."""
    numbers = count(1)

    @cache
    def first(kind: str) -> Site:
        site = empty.copied(kind)
        site.do(lambda: place(kind))
        return site

    return lambda kind: first(kind).copied(f"plot{next(numbers)}")
