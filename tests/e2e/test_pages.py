"""Every page in both themes and on a phone: usable by all, quiet, light, from one origin."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Visit
from tests.e2e.looking import barriers, looked_at
from tests.e2e.pages import PAGES
from tests.e2e.watching import WEIGHT, Watch, keep


@pytest.mark.parametrize(("person", "name", "path"), PAGES, ids=[page[1] for page in PAGES])
def test_a_page_can_be_used_by_everybody(visit: Visit, person: str, name: str, path: str) -> None:
    page = visit(person, color_scheme="light")
    page.goto(path)
    looked_at(page, name)


def test_the_sign_in_page_is_for_everybody_too(
    open_stranger: Callable[..., Page], watch: Watch
) -> None:
    page = open_stranger()
    page.goto("/sign-in/")
    keep(page, "sign-in-light")
    assert barriers(page) == []


def test_a_page_loads_little_script_and_style(visit: Visit, watch: Watch) -> None:
    page = visit("dana")
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert len(watch.weights) > 3
    assert sum(watch.weights.values()) < WEIGHT


def test_the_theme_is_chosen_once_and_kept(visit: Visit) -> None:
    page = visit("audrey", color_scheme="light")
    page.goto("/audit/")
    page.get_by_label("Theme").click()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_url("**/audit/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.goto("/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
