"""The world of the route matrix, with a draft that is filled to its last page."""

import pytest
from pytest_django import Settings

from accounts.models import User
from onboarding.form import drafts
from tests.make import make_cluster, make_environment, make_size
from tests.portal.conftest import people, world
from tests.portal.routes import World

__all__ = ["filled_world", "people", "world"]


@pytest.fixture
def filled_world(world: World, settings: Settings) -> World:
    """Let the view be listened to, and the draft be one that could be submitted."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.onboarding.bad_input.listening.ears"]
    make_cluster().environments.add(make_environment("test"))
    for role, zone in {"operator": "Pacific/Kiritimati", "auditor": "Pacific/Midway"}.items():
        User.objects.filter(pk=world.people[role].pk).update(time_zone=zone)  # furthest from UTC
    drafts.keep(
        world.draft,
        {
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
