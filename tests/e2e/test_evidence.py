"""An auditor's click: the pack of an order comes as a file that holds by itself."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from audit.offline import verify
from tests.e2e.conftest import Visit


def clicked(page: Page, click: Callable[[], object], folder: Path) -> bytes:
    """Return the file that a click brings."""
    with page.expect_download() as coming:
        click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path.read_bytes()


def test_one_click_brings_a_pack_that_holds_with_the_key_on_the_page(
    visit: Visit, tmp_path: Path
) -> None:
    page = visit("audrey")
    page.goto("/orders/1/evidence/")
    button = page.get_by_role("link", name="Evidence pack")
    pack = clicked(page, button.click, tmp_path)
    page.goto("/audit/changes/")
    key = page.locator("code.ident").first.inner_text()
    assert len(key) == 64
    assert verify.verify(pack, key)[0] == []


def test_the_changes_of_a_page_come_as_a_file(visit: Visit, tmp_path: Path) -> None:
    page = visit("audrey")
    page.goto("/audit/changes/")
    link = page.get_by_role("link", name="CSV", exact=True)
    head, *lines = clicked(page, link.click, tmp_path).decode().splitlines()
    assert head.startswith("number,uuid,kind,tenant")
    assert len(lines) >= 4
