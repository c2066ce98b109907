"""A broken entitlement file is told to those who look after it, on every page."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from accounts.models import User
from tests.journey import POLICY, Portal
from tests.make import browser_of

pytestmark = pytest.mark.django_db
TITLE = "The entitlement file is broken (source: file)"


@pytest.fixture(autouse=True)
def _seen_anew() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def home(person: User) -> str:
    cache.clear()  # what a process saw lately it believes for seconds
    return browser_of(person).get("/").text


def test_operators_and_auditors_read_it_and_nobody_else(
    portal: Portal, alice: User, olivia: User, audra: User
) -> None:
    portal.write_policy("version: 2\nrules: []\n")
    for person in (olivia, audra):
        page = home(person)
        assert TITLE in page
        assert "The file must say `version: 1` on top." in page
    assert TITLE not in home(alice)


def test_it_is_gone_once_there_is_a_good_one(portal: Portal, olivia: User) -> None:
    portal.write_policy("rules: [")
    assert TITLE in home(olivia)
    portal.write_policy(POLICY)
    assert TITLE not in home(olivia)


def test_a_good_file_that_is_there_says_nothing(portal: Portal, olivia: User) -> None:
    assert TITLE not in home(olivia)
