"""A crew for each case, and how an order ends that nobody disturbs."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from onboarding.running import jobs
from tests.chaos.crew import Crew
from tests.journey import basket, folders, portal
from tests.stories import placing
from tests.stories.apart import Site, empty
from tests.stories.placing import placed

__all__ = ["basket", "empty", "folders", "placed", "portal"]

_numbers = count(1)


@pytest.fixture
def site(empty: Site, db: None) -> Iterator[Site]:
    """Give a site of this test's own."""
    with empty.for_a_while(f"crew{next(_numbers)}") as site:
        yield site


@pytest.fixture
def crew(site: Site) -> Iterator[Crew]:
    """Give a crew with nobody in it yet; whoever is started ends with the test."""
    crew = Crew(site)
    try:
        yield crew
    finally:
        crew.end()


@pytest.fixture(scope="session")
def undisturbed(empty: Site, django_db_blocker: DjangoDbBlocker) -> dict[str, Any]:
    """Return what is there in the end when one worker does everything at once."""
    with django_db_blocker.unblock(), empty.for_a_while("undisturbed") as site:
        crew = Crew(site)
        site.do(placing.standard)
        site.do(lambda: jobs.look_at(placing.the_order().pk))
        return crew.seen()
