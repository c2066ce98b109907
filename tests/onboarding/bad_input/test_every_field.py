"""Every field of every form and every parameter of every address, with everything odd in it.

The fields are found by themselves: each route of the matrix is asked, and what its view asks for
is tried.
"""

from itertools import islice

import pytest

from tests.onboarding.bad_input.asking import (
    FORMS,
    PAGES,
    ask,
    browser_for,
    heard_in_address,
    heard_in_form,
    is_plain,
    name_of,
    spoilt,
    spoilt_at_once,
)
from tests.portal.answers import Row
from tests.portal.world import World
from tests.thorough import THOROUGH

SLOW = ("onboarding:preview",)  # renders whole repositories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("row", PAGES, ids=name_of)
def test_nothing_odd_in_an_address_breaks_its_page(row: Row, filled_world: World) -> None:
    browser = browser_for(row, filled_world)
    names = heard_in_address(row, browser, filled_world)
    whole = spoilt(names, row.sends) if THOROUGH else spoilt_at_once(names, row.sends)
    tries = islice(whole, None, None, 1 if THOROUGH or row.route not in SLOW else 5)
    broken = [
        (name, oddity)
        for name, oddity, sent in tries
        if not is_plain(ask(row, browser, filled_world, sent))
    ]
    assert broken == []


@pytest.mark.parametrize("row", FORMS, ids=name_of)
def test_nothing_odd_in_a_field_breaks_its_form(row: Row, filled_world: World) -> None:
    browser = browser_for(row, filled_world)
    names, usual = heard_in_form(row, browser, filled_world)
    broken = [
        (name, oddity)
        for name, oddity, sent in islice(spoilt(names, usual), None, None, 1 if THOROUGH else 2)
        if not is_plain(ask(row, browser, filled_world, sent))
    ]
    assert broken == []
