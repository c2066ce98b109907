"""What an order costs the engine, and whether many open ones make it dearer."""

from pathlib import Path

import pytest

from accounts.models import User
from onboarding import actions, stories, toolbox
from onboarding.engine.look import look
from onboarding.engine.steps import Tools
from onboarding.models import Draft, Order, Plan, Progress
from onboarding.plans import basis, drafting
from onboarding.running import sweeper
from portal.clock import now
from tenants.models import Application
from tests.bench.figures import Figures, Watch
from tests.make import make_application

OPEN = (10, 100, 1000)
ORDERS = 25  # measured at each

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tools(folders: Path) -> Tools:
    return toolbox.tools.__wrapped__()


def placed(application: Application, environment: str, by: User, tools: Tools) -> Order:
    """Order a berth as the form does."""
    answers = {
        "application": str(application.uuid),
        "environments": [environment],
        "region": "eu1",
        "name": application.slug,
        "size": "s",
        "scaffold": "web-service",
        "destinations": ["orders-db"],
        "owner": str(application.owner.uuid),
    }
    draft = Draft.objects.create(person=by, answers=answers)
    (order,) = actions.submit(draft, by=by, tools=tools)
    return order


def carried(order: Order, tools: Tools) -> Order:
    """Look at the order whenever the sweeper finds it due, until nothing is due."""
    while sweeper.due(now()).filter(pk=order.pk).exists():
        look(order.pk, stories.of(order), tools, owner="bench")
        order = Order.objects.get(pk=order.pk)
    return order


def test_engine(basket: Application, alice: User, tools: Tools, figures: Figures) -> None:
    open_orders = 0
    medians = []
    for wanted in OPEN:
        for number in range(open_orders, wanted):
            waiting = make_application(f"open{number}", tenant=basket.tenant, owner=alice)
            assert not carried(placed(waiting, "prod", alice, tools), tools).is_over
        open_orders = wanted
        watch = Watch()
        for number in range(ORDERS):
            application = make_application(
                f"app{wanted}x{number}", tenant=basket.tenant, owner=alice
            )
            with watch.running():
                order = carried(placed(application, "dev", alice, tools), tools)
            assert order.ended_as == Progress.REHEARSED
        medians.append(watch.median_ms)
        figures.tell(
            f"engine.per_order_ms_at_{wanted}",
            watch.median_ms,
            "ms",
            "an order from submit to its end on the rehearsal cluster while "
            f"{wanted} others are open; median of {ORDERS}",
        )
    figures.tell(
        "engine.flatness",
        medians[-1] / medians[0],
        "",
        "the last of these ÷ the first",
        aim="≤ 1.2",
    )


def test_plan(basket: Application, alice: User, tools: Tools, figures: Figures) -> None:
    watch = Watch()
    for number in range(ORDERS):
        application = make_application(f"plan{number}", tenant=basket.tenant, owner=alice)
        order = carried(placed(application, "prod", alice, tools), tools)
        revision = order.revisions.get()
        Plan.objects.filter(revision=revision).delete()
        with watch.running():
            drafting.draft(order, revision, tools, basis.of_answers)
    figures.tell(
        "plan.per_placement_ms",
        watch.median_ms,
        "ms",
        "drafting and storing the plan of an order with one placement; median",
    )
