"""One portal for all tests of a worker, and browsers that are signed in as one of its people."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.watching import Watch
from tests.running import ROOT, Portal, running

Visit = Callable[..., Page]

FORESEEN = "emergency: {groups: [incident-managers], reviewers: [change-board]}\n"
HERE = Path(__file__).parent
SETTINGS = {
    "BERTH_PORT": "8100",
    "BERTH_LINKS": "Address=https://{application}.{environment}.example.com",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands here, and nothing else, as driving a browser."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal of our own, with a stuck order beside the demonstration data."""
    folder = tmp_path_factory.mktemp("portal")
    control = folder / "control.yaml"
    control.write_text((ROOT / "onboarding/changes/control.yaml").read_text() + FORESEEN)
    with running(folder, BERTH_CHANGE_CONTROL=str(control), **SETTINGS) as found:
        found.run("-m", "tests.e2e.rows")
        yield found


@pytest.fixture(scope="session")
def keys(portal: Portal, browser: Browser) -> dict[str, Any]:
    """The cookies of people who have signed in, so that each does so once."""
    return {}


@pytest.fixture
def watch(portal: Portal) -> Iterator[Watch]:
    """What the browser complains of while a test runs; it has to be nothing."""
    found = Watch(urlsplit(portal.address).netloc)
    yield found
    assert found.complaints == []
    assert found.elsewhere == []


@pytest.fixture
def visit(portal: Portal, browser: Browser, keys: dict[str, Any], watch: Watch) -> Iterator[Visit]:
    """Open a browser as one of the people: `visit("dana", color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def open_as(person: str, **options: Any) -> Page:
        if person not in keys:
            keys[person] = _signed_in(portal, browser, person)
        context = browser.new_context(
            base_url=portal.address, storage_state=keys[person], **options
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        watch.over(context)
        return context.new_page()

    yield open_as
    for context in contexts:
        context.close()


def _signed_in(portal: Portal, browser: Browser, person: str) -> Any:
    context = browser.new_context(base_url=portal.address)
    page = context.new_page()
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(person)
    page.get_by_label("Password").fill(portal.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(portal.address + "/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_stranger(portal: Portal, browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open a browser that nobody has signed in with."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(base_url=portal.address, **options)
        contexts.append(context)
        watch.over(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
