"""A service is taken away by keyboard and mouse, from its page to what stays of it."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.test_journey import SLOW, choose, look_and_submit
from tests.e2e.watching import keep


def test_a_service_is_offboarded_from_its_page(visit: Visit) -> None:
    page = visit("pat")
    choose(page, "Fraud check", ["Development"])
    look_and_submit(page)
    expect(page.locator("#order-status")).to_contain_text("was rehearsed", timeout=SLOW)
    page.get_by_role("link", name="The service in the record").click()

    # by keyboard, and the wrong name first
    page.get_by_role("link", name="Offboard").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("payments-fraud-check-dev goes from rehearsal")
    answer(page, "fraud-check", "Replaced by the new scoring.")
    expect(page.get_by_role("main")).to_contain_text("This is not fraud-check in dev.")
    keep(page, "offboard-wrong-name")

    answer(page, "fraud-check in dev", "Replaced by the new scoring.")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Offboard Fraud check from Development"
    )
    expect(page.locator("#order-status")).to_contain_text("was taken off", timeout=SLOW)
    keep(page, "offboard-done")

    # by mouse, from what stays
    page.get_by_role("link", name="The service in the record").click()
    expect(page.get_by_role("main")).to_contain_text("Retired")
    expect(page.get_by_role("link", name="Offboard")).to_have_count(0)


def answer(page: Page, name: str, reason: str) -> None:
    """Fill in the form by keyboard and send it."""
    field = page.get_by_label(re.compile("Type fraud-check in dev"))
    field.fill("")
    field.press_sequentially(name)
    field.press("Tab")
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Offboard this service").press("Enter")
