"""What was taken is shown harmlessly everywhere: on pages, in the API and in dumps."""

import csv
import io

import pytest

from tests.make import browser_of
from tests.onboarding.bad_input import odd
from tests.onboarding.bad_input.asking import (
    FORMS,
    PAGES,
    browser_for,
    heard_in_form,
    is_plain,
    name_of,
    send,
    text_of,
)
from tests.portal.world import World

pytestmark = pytest.mark.django_db

# these take away what the other forms are about
LAST = ("switch-off", "retire", "revoke", "remove", "discard", "withdraw", "refuse", "sign-out")


def test_what_was_taken_is_shown_harmlessly_on_every_page(filled_world: World) -> None:
    taken = take_everywhere(odd.SHORT, filled_world)
    assert len(taken) > 12  # so many fields take free text
    broken = []
    for row in PAGES:
        browser = browser_for(row, filled_world)
        if not is_plain(send(row, browser, filled_world, row.sends)):
            broken.append(name_of(row))
    assert broken == []


def take_everywhere(text: str, world: World) -> list[str]:
    """Send every form once for each of its fields, and return what was taken."""
    taken = []
    for row in sorted(FORMS, key=lambda row: any(word in row.route for word in LAST)):
        browser = browser_for(row, world)
        names, usual = heard_in_form(row, browser, world)
        taken += [
            f"{name_of(row)} {name}"
            for name in names
            if send(row, browser, world, {**usual, name: text}).status_code == 302
        ]
    return taken


def test_no_cell_of_a_dump_is_run_by_a_spreadsheet(filled_world: World) -> None:
    application = filled_world.application
    type(application).objects.filter(pk=application.pk).update(name=odd.FORMULA, reference="-1+1")
    answer = browser_of(filled_world.people["developer"]).get("/api/v1/services/export?format=csv")
    cells = [cell for line in csv.reader(io.StringIO(text_of(answer))) for cell in line]
    assert any("smuggled" in cell for cell in cells)
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))] == []
