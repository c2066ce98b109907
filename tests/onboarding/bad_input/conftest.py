"""The world of the route matrix, with a draft that is filled to its last page."""

from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import User
from onboarding.form import drafts
from tests.make import make_application, make_cluster, make_environment, make_size
from tests.onboarding.views.conftest import basket, fill, hers, ordered, policy
from tests.portal.conftest import people, world
from tests.portal.world import World

__all__ = [
    "basket",
    "fill",
    "filled_world",
    "folders",
    "hers",
    "ordered",
    "people",
    "policy",
    "world",
]


@pytest.fixture
def filled_world(world: World, settings: Settings) -> World:
    """Let the view be listened to, and the draft be one that could be submitted."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.onboarding.bad_input.listening.ears"]
    make_cluster().environments.add(make_environment("test"))
    for role, zone in {"operator": "Pacific/Kiritimati", "auditor": "Pacific/Midway"}.items():
        User.objects.filter(pk=world.people[role].pk).update(time_zone=zone)  # furthest from UTC
    # basket is being ordered already; of this one nothing is there
    trolley = make_application("trolley", tenant=world.tenant, owner=world.people["developer"])
    drafts.keep(
        world.draft,
        {
            "application": str(trolley.uuid),
            "environments": ["test"],
            "region": "eu1",
            "name": "trolley",
            "size": make_size().slug,
            "scaffold": "web-service",
            "destinations": [],
            "owner": str(world.people["developer"].uuid),
        },
    )
    return world


@pytest.fixture(autouse=True)
def folders(settings: Settings, tmp_path: Path) -> Path:
    """Lay repositories and rehearsals into folders of this test, so that what is there shows."""
    settings.BERTH_GIT_FOLDER = tmp_path / "repositories"
    settings.BERTH_REHEARSAL_FOLDER = tmp_path / "rehearsal"
    return tmp_path
