"""The whole way: a developer orders, an approver approves, and the repository can be cloned."""

import re
import subprocess
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.watching import keep
from tests.running import Portal

SLOW = 120_000  # milliseconds that the engine may take, on a machine that does other things too


def test_an_order_from_the_form_to_a_clone(visit: Visit, portal: Portal, tmp_path: Path) -> None:
    page = visit("dana")
    choose(page, "Checkout", ["Development", "Production"])
    look_and_submit(page)
    page.get_by_role("link", name=re.compile("Production")).click()
    expect(page.locator("#order-status")).to_contain_text("prod-approvers", timeout=SLOW)
    number = page.url.rstrip("/").rsplit("/", 1)[1]
    keep(page, "journey-waiting")

    approve(visit("andy"), number)

    # the requester's page has been open all the time and says so by itself
    expect(page.locator("#order-status")).to_contain_text("was rehearsed", timeout=SLOW)
    keep(page, "journey-done")
    line = page.locator(".command code").first.inner_text()
    clone = cloned(line, "dana", git_password(page), tmp_path)
    assert (clone / "deploy" / "overlays" / "prod" / "kustomization.yaml").exists()
    assert "checkout" in (clone / "README.md").read_text()


def choose(page: Page, application: str, environments: list[str]) -> None:
    """Answer every question, by keyboard and mouse as it comes."""
    page.goto("/")
    page.get_by_role("link", name="Order a berth").first.click()
    page.get_by_label(application).check()
    page.get_by_role("button", name="Continue").click()
    for environment in environments:
        page.get_by_label(environment).focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name", exact=True).press("Enter")
    page.get_by_label("Small").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").press("Enter")
    page.get_by_label("Kafka eu1").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()


def look_and_submit(page: Page) -> None:
    """Go from the check to the preview, look into it, and submit."""
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    page.get_by_role("link", name="See what will be made").click()
    expect(page.get_by_role("main")).to_contain_text("kafka-eu1")
    page.get_by_role("button", name="Submit order").click()
    expect(page).to_have_url(re.compile(r"/orders/\d+/$"))


def approve(page: Page, number: str) -> None:
    """Decide from the inbox."""
    page.goto("/approvals/")
    page.locator(f'a[href="/approvals/{number}/"]').click()
    expect(page.get_by_role("heading", name="Your decision")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("main")).to_contain_text("You approved")


def git_password(page: Page) -> str:
    """Make a Git password on the account's page and read it there."""
    page.goto("/you/")
    form = page.locator("form", has=page.get_by_role("button", name="Make it"))
    form.get_by_role("textbox").first.fill("this test")
    form.get_by_role("button").click()
    return page.locator(".command code").first.inner_text()


def cloned(line: str, person: str, password: str, folder: Path) -> Path:
    """Clone with the line of the page and return where it lies."""
    url = line.removeprefix("git clone ")
    host = urlsplit(url).netloc
    with_password = url.replace(host, f"{person}:{quote(password)}@{host}")
    target = folder / "clone"
    quiet = {"GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    subprocess.run(["git", "clone", "--quiet", with_password, target], check=True, env=quiet)
    return target


def test_ordering_and_approving_need_no_script(visit: Visit, portal: Portal) -> None:
    page = visit("pat", java_script_enabled=False)
    choose(page, "Fraud check", ["Test"])
    look_and_submit(page)
    number = page.url.rstrip("/").rsplit("/", 1)[1]
    reload_until(page, "change-approvers")
    page.goto(f"/approvals/{number}/")
    expect(page.get_by_role("main")).to_contain_text("You asked for this, so somebody else decides")

    approve(visit("andy", java_script_enabled=False), number)

    page.goto(f"/orders/{number}/")
    reload_until(page, "was rehearsed")
    keep(page, "journey-without-script")


def reload_until(page: Page, words: str) -> None:
    """Load the page again, as a person without script does, until it says the words."""
    for _ in range(120):
        if words in page.locator("#order-status").inner_text():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(page.locator("#order-status").inner_text())
