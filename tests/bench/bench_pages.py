"""How long every page takes with the rows of a large company in PostgreSQL."""

from collections import defaultdict

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from accounts.models import User
from tenants.models import Tenant
from tests.bench import crowd
from tests.bench.figures import Figures, Watch
from tests.make import browser_of
from tests.portal.answers import Row
from tests.portal.routes import ROWS
from tests.portal.world import World

ROUNDS = 10
SIGNED_IN = ("developer", "approver", "operator", "auditor")

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowded(retail: Tenant, alice: User) -> None:
    assert settings.BERTH_DATABASE == "postgresql"
    crowd.fill(retail, alice)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def is_page(row: Row) -> bool:
    return row.method == "GET" and not row.route.startswith(("api:", "livez", "readyz", "metrics"))


def test_pages(crowded: None, world: World, figures: Figures) -> None:
    """Ask for every page as everybody who may see it, in the process and without a network."""
    together = Watch()
    by_page: dict[str, Watch] = defaultdict(Watch)
    for role in SIGNED_IN:
        browser = browser_of(world.people[role])
        pages = [row for row in ROWS if is_page(row) and row.answers[role] == 200]
        for row in pages:
            address = reverse(row.route, kwargs=row.at(world))
            assert browser.get(address).status_code == 200  # templates are compiled now
            for _ in range(ROUNDS):
                cache.clear()  # every time as if it were the first
                with by_page[row.route].running():
                    browser.get(address)
    for watch in by_page.values():
        together.seconds += watch.seconds
    slowest = sorted(by_page, key=lambda route: by_page[route].median_ms)[-3:]
    said = ", ".join(f"{route} {by_page[route].median_ms:.0f} ms" for route in reversed(slowest))
    figures.tell(
        "pages.p95_ms",
        together.quantile_ms(0.95),
        "ms",
        f"every one of {len(by_page)} pages for everybody who may see it, with "
        f"{crowd.ORDERS:,} orders and {crowd.TENANTS * crowd.APPLICATIONS * 2:,} services on "
        f"PostgreSQL; median {together.median_ms:.0f} ms, slowest {said}",
        aim="< 100",
    )
