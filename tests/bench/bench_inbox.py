"""How long an approver's inbox takes with ten thousand open changes in PostgreSQL."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection

from accounts.models import Role, User
from onboarding.changes.models import Change, Stage, StageGroup
from onboarding.models import Order, Revision
from portal.clock import now
from tenants.models import Application, Tenant
from tests.bench.figures import Figures, Watch
from tests.make import browser_of, make_environment, make_user

CHANGES, OTHERS = 10_000, 10  # every tenth is another group's
ROUNDS = 40
PAGES = ("/approvals/", "/approvals/?due=day", "/approvals/?environment=prod&kind=onboard")

pytestmark = pytest.mark.django_db


@pytest.fixture
def approver(retail: Tenant, alice: User) -> User:
    """Let ten thousand orders of alice's wait, nine of ten for this person's group."""
    assert settings.BERTH_DATABASE == "postgresql"
    prod = make_environment("prod")
    applications = Application.objects.bulk_create(
        Application(slug=f"a{n}", name=f"App {n}", cost_centre="c", tenant=retail, owner=alice)
        for n in range(CHANGES)
    )
    orders = Order.objects.bulk_create(
        Order(
            requester=alice,
            tenant=retail,
            application=application,
            environment=prod,
            change_number=f"CHG{n:07d}",
        )
        for n, application in enumerate(applications)
    )
    Revision.objects.bulk_create(
        Revision(order=order, number=1, answers={}, allotted={}, made_by=alice) for order in orders
    )
    _changes(orders)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    found = make_user("ivan", Role.APPROVER)
    found.groups.add(Group.objects.create(name="prod-approvers"))
    return found


def _changes(orders: list[Order]) -> None:
    due = now() + timedelta(hours=1)
    changes = Change.objects.bulk_create(
        Change(
            number=order.change_number,
            key=str(order.uuid),
            order_uuid=order.uuid,
            type="normal",
            digest="d" * 64,
            expires_at=due + timedelta(minutes=n),
            lapses_at=due + timedelta(days=30),
        )
        for n, order in enumerate(orders)
    )
    stages = Stage.objects.bulk_create(
        Stage(change=change, number=1, name="Approval", opened_at=now()) for change in changes
    )
    StageGroup.objects.bulk_create(
        StageGroup(stage=stage, name="prod-approvers" if n % OTHERS else "board")
        for n, stage in enumerate(stages)
    )


def test_inbox(approver: User, figures: Figures) -> None:
    """Open the inbox as a page, in the process and without a network, its frame with it."""
    browser, watch = browser_of(approver), Watch()
    for path in PAGES:
        assert browser.get(path).status_code == 200  # templates are compiled now
        for _ in range(ROUNDS):
            cache.clear()
            with watch.running():
                browser.get(path)
    figures.tell(
        "inbox.p95_ms",
        watch.quantile_ms(0.95),
        "ms",
        f"an approver's inbox, whole and filtered, with {CHANGES:,} open changes on PostgreSQL, "
        f"nine of ten of them theirs; median {watch.median_ms:.0f} ms",
        aim="< 100",
    )
