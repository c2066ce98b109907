"""Operators look ahead: what somebody would be answered, and whether who answers can be reached."""

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.looking import looked_at


def test_an_operator_asks_what_if(visit: Visit) -> None:
    page = visit("olga", color_scheme="light")
    page.goto("/operate/what-if/?person=rex&action=onboard")
    page.get_by_label("Application", exact=True).fill("retail/basket")
    page.get_by_label("Environment").select_option("prod")
    page.get_by_role("button", name="Ask the sources").click()
    expect(page.get_by_role("heading", name="What the portal itself asks")).to_be_visible()
    page.get_by_text("Who said what").click()
    looked_at(page, "what-if-answered")


def test_an_operator_is_told_that_nobody_is_called_so(visit: Visit) -> None:
    page = visit("olga", color_scheme="light")
    page.goto("/operate/what-if/")
    page.get_by_label("Person").fill("nobody")
    page.get_by_label("Application", exact=True).fill("retail/nothing")
    page.get_by_role("button", name="Ask the sources").click()
    expect(page.get_by_text("Nobody here goes by nobody.").first).to_be_visible()
    looked_at(page, "what-if-refused")


def test_an_operator_tests_a_connection(visit: Visit) -> None:
    page = visit("olga", color_scheme="light")
    page.goto("/operate/connections/")
    page.get_by_role("button", name="Test file").click()
    expect(page.get_by_text("It can be reached and answers")).to_be_visible()
    looked_at(page, "connection-tested")
