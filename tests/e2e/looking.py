"""Looking at a page as people do: in both themes and on a phone, with what axe says of it."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

from tests.e2e.watching import keep

PHONE: ViewportSize = {"width": 390, "height": 844}
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast", "link-in-text-block")
TOUCH = ("scrollable-region-focusable", "target-size")


def looked_at(page: Page, name: str) -> None:
    """Look at the page that is open, keep a picture of each view, and see that all can use it."""
    keep(page, f"{name}-light")
    assert barriers(page) == []
    page.emulate_media(color_scheme="dark")
    keep(page, f"{name}-dark")
    assert barriers(page, *COLOURS) == []
    page.set_viewport_size(PHONE)
    keep(page, f"{name}-phone")
    assert barriers(page, *TOUCH) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "too wide"


def barriers(page: Page, *rules: str) -> list[str]:
    """Return what axe finds serious or critical: by these rules, or by all of level AA."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # without `resultTypes` axe gathers every node that passed, which takes most of its time
    options = {"runOnly": only, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes']][:5]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]
