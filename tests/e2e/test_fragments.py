"""What moves on a page without loading it anew, and what the keyboard does."""

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.watching import Watch
from tests.running import Portal

# what the worker writes when it has looked whether a wait is over, and it is not
LOOKED_AGAIN = """
from django.db.models import F
from onboarding.models import StepRun
waiting = StepRun.objects.filter(order=1, step="await_approval", succeeded=None)
assert waiting.update(looks=F("looks") + 40) == 1
"""


def test_a_name_is_checked_while_it_is_typed(visit: Visit) -> None:
    page = visit("dana")
    page.goto("/orders/new/")
    page.get_by_label("Fraud check").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Development").check()
    page.get_by_role("button", name="Continue").click()
    field = page.get_by_label("Name", exact=True)
    field.fill("flux-sneaky")
    expect(page.locator("#verdict")).to_contain_text("reserved")
    field.fill("till")
    expect(page.locator("#verdict")).to_contain_text("payments-till-dev is free on rehearsal")
    expect(field).to_be_focused()


def test_the_entitlement_card_answers_as_soon_as_an_application_is_chosen(visit: Visit) -> None:
    page = visit("dana")
    page.goto("/orders/new/")
    page.get_by_label("Ledger archive").check()
    expect(page.locator("#entitlement")).to_contain_text("The ledger archive is being retired")
    expect(page.locator("#entitlement")).to_contain_text("Use the reporting store instead")


def test_applications_are_found_while_typing(visit: Visit) -> None:
    page = visit("dana")
    page.goto("/orders/new/")
    page.get_by_label("Find an application").press_sequentially("fraud")
    expect(page.get_by_label("Checkout")).to_have_count(0)
    expect(page.get_by_label("Fraud check")).to_be_visible()


def test_a_text_of_the_plan_is_shown_in_its_place(visit: Visit) -> None:
    page = visit("rex")
    page.goto("/orders/1/plan/")
    page.get_by_role("link", name="ResourceQuota").first.click()
    expect(page.locator("#leaf-pane")).to_contain_text("requests.cpu")
    expect(page.locator(".tree [aria-current]")).to_contain_text("ResourceQuota")


def test_an_order_that_waits_is_looked_at_quietly(visit: Visit, portal: Portal) -> None:
    page = visit("rex")
    page.goto("/orders/1/")
    row = page.locator("#live li.waiting").element_handle()
    portal.manage("shell", "--no-imports", "--command", LOOKED_AGAIN)
    with page.expect_response("**/orders/1/timeline/**"):
        pass
    page.wait_for_timeout(300)
    # nothing new was said, so nothing was swapped
    assert row is not None
    assert row.evaluate("each => each.isConnected")


def test_a_page_says_when_the_portal_does_not_answer_and_when_it_does_again(
    visit: Visit, watch: Watch
) -> None:
    watch.meant += ["net::ERR_FAILED", "htmx:"]
    page = visit("rex")
    page.route("**/timeline/**", lambda route: route.abort())
    page.goto("/orders/1/")
    note = page.get_by_text("The portal does not answer at the moment.")
    expect(note).to_be_visible(timeout=30_000)
    page.unroute("**/timeline/**")
    expect(note).to_be_hidden(timeout=30_000)


def test_the_keyboard_finds_search_help_and_rows(visit: Visit, portal: Portal) -> None:
    page = visit("rex")
    page.goto("/orders/")
    page.keyboard.press("j")
    expect(page.locator("tr.picked")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search applications, services and orders")).to_be_focused()
    page.keyboard.type("basket")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=basket")


def test_shortcuts_can_be_switched_off(visit: Visit) -> None:
    page = visit("rex")
    page.goto("/orders/")
    page.keyboard.press("?")
    page.get_by_label("Shortcuts on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_a_digest_is_copied(visit: Visit) -> None:
    page = visit("rex", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/orders/1/")
    page.get_by_role("button", name="Copy CHG").first.click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("CHG")
