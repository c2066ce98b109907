"""An approver's day by keyboard alone: read, ask, approve, take back, and find it all again."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.looking import barriers
from tests.e2e.test_journey import SLOW, choose, look_and_submit
from tests.e2e.watching import keep

PRESSES = 40  # of Tab, until something has to be reached


def test_an_approver_works_by_keyboard_alone(visit: Visit) -> None:
    hers, his = visit("dana"), visit("andy")
    number = ordered(hers, "Fraud check", "Production", "prod-approvers")
    ask(his, number)
    answer(hers)
    approve(his, number)
    find_it_again(his)


def ordered(hers: Page, application: str, environment: str, group: str) -> str:
    """Order it there; return the number of the order, which waits for the group by now."""
    choose(hers, application, [environment])
    look_and_submit(hers)
    expect(hers.locator("#order-status")).to_contain_text(group, timeout=SLOW)
    return hers.url.rstrip("/").rsplit("/", 1)[1]


def ask(his: Page, number: str) -> None:
    his.goto("/approvals/?environment=prod")
    pick(his, number)
    his.keyboard.press("o")
    expect(his).to_have_url(re.compile(rf"/approvals/{number}/"))
    his.keyboard.press("q")
    his.keyboard.press("Enter")
    press_until(his, "textarea[name=question]")
    his.keyboard.type("For how long do you need it?")
    keep(his, "approval-asking")
    press_until(his, "#asking button")
    his.keyboard.press("Enter")
    expect(his.get_by_role("main")).to_contain_text("You asked Dana")


def answer(hers: Page) -> None:
    expect(hers.locator("#order-status")).to_contain_text("the answer of Dana", timeout=SLOW)
    expect(hers.get_by_role("heading", name=re.compile("asks"))).to_be_visible(timeout=SLOW)
    keep(hers, "order-asked")
    assert barriers(hers) == []
    press_until(hers, "textarea[name=answer]")
    hers.keyboard.type("For a year.")
    hers.keyboard.press("Tab")
    hers.keyboard.press("Enter")
    expect(hers.get_by_role("main")).to_contain_text("Approvers have your answer")


def approve(his: Page, number: str) -> None:
    his.goto(f"/approvals/{number}/")
    expect(his.get_by_role("main")).to_contain_text("For a year.")
    keep(his, "approval-answered")
    assert barriers(his) == []
    his.keyboard.press("a")
    his.keyboard.press("Enter")
    expect(his.get_by_role("main")).to_contain_text("You approved")


def find_it_again(his: Page) -> None:
    his.goto("/approvals/decided/")
    his.keyboard.press("j")
    expect(his.locator("tr.picked")).to_contain_text("Fraud check")
    keep(his, "approvals-decided-one")
    his.keyboard.press("?")
    expect(his.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    his.keyboard.press("Escape")


def test_a_refusal_by_keyboard_needs_words(visit: Visit) -> None:
    hers, his = visit("dana"), visit("andy")
    number = ordered(hers, "Checkout", "Test", "change-approvers")
    his.goto(f"/approvals/{number}/")
    his.keyboard.press("r")
    his.keyboard.press("Enter")
    press_until(his, "#refusal textarea")
    his.keyboard.type("Use the small size.")
    press_until(his, "#refusal button")
    his.keyboard.press("Enter")
    expect(his.get_by_role("main")).to_contain_text("You refused")
    expect(hers.locator("#order-status")).to_contain_text("Use the small size.", timeout=SLOW)


def pick(page: Page, number: str) -> None:
    """Go down the list with j until the order is the row that is picked."""
    wanted = page.locator(f'tr.picked a[href="/approvals/{number}/"]')
    for _ in range(PRESSES):
        page.keyboard.press("j")
        if wanted.count():
            return
    raise AssertionError(f"order {number} is not in the list")


def press_until(page: Page, selector: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(PRESSES):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")
