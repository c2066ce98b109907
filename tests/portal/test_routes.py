"""Every route by every role, and the headers that every page carries."""

from collections.abc import Iterator, Sequence

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.make import browser_of
from tests.portal.answers import ROLES, Row
from tests.portal.asking import asked, outcome
from tests.portal.routes import ROWS
from tests.portal.world import World

PAGES = [row for row in ROWS if row.method == "GET"]
FORMS = [row for row in ROWS if row.method == "POST" and not row.by_others]


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert {row.route for row in ROWS} == set(_routes(get_resolver().url_patterns))


def test_every_row_says_what_each_role_is_answered() -> None:
    assert [str(row) for row in ROWS if set(row.answers) != set(ROLES)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_route_answers_each_role_as_its_row_says(row: Row, world: World) -> None:
    answers: dict[str, int | str] = {}
    for role in ROLES:
        with transaction.atomic():
            answers[role] = outcome(asked(row, _browser(role, world), world))
            transaction.set_rollback(True)  # the next one asks in the same world
    assert answers == row.answers


@pytest.mark.django_db
@pytest.mark.parametrize("row", PAGES, ids=str)
def test_every_page_carries_the_headers_that_keep_others_out(row: Row, world: World) -> None:
    headers = asked(row, _browser("developer", world), world).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("row", FORMS, ids=str)
def test_a_change_without_a_csrf_token_is_refused(row: Row, world: World) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.people["operator"])
    assert asked(row, browser, world).status_code == 403


def _routes(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Return every route's name with its namespaces, or the pattern of one without a name."""
    for each in patterns:
        if isinstance(each, URLResolver):
            inside = f"{prefix}{each.namespace}:" if each.namespace else prefix
            yield from _routes(each.url_patterns, inside)
        else:
            yield f"{prefix}{each.name or each.pattern}"


def _browser(role: str, world: World) -> Client:
    if role == "anonymous":
        return Client()
    if role == "machine":
        return Client(headers={"Authorization": f"Bearer {world.token_text}"})
    return browser_of(world.people[role])
