"""The journey of somebody who signs in by an identity provider, in a real browser."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Browser, Page

from tests.accounts.oidc import fake_provider
from tests.accounts.oidc.conftest import entry
from tests.accounts.oidc.fake_provider import SECRET, FakeProvider
from tests.e2e.looking import barriers
from tests.e2e.watching import Watch, keep
from tests.running import Portal, running

LONG_AGO = 1_700_000_000  # when the person last proved to the provider who they are


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeProvider]:
    with fake_provider.running() as found:
        found.says(groups=["cab", "team-retail"])
        yield found


@pytest.fixture(scope="module")
def corporate(fake: FakeProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal that local accounts do not open."""
    folder = tmp_path_factory.mktemp("corporate")
    meaning: dict[str, Any] = {
        "groups_claim": "groups",
        "roles": {"approver": ["cab"]},
        "tenants": {"{tenant}": ["team-{tenant}"]},
        "step_up": {"max_age_seconds": 900},
    }
    listed = [entry(fake, **meaning)]
    file = folder / "oidc.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "providers": listed}))
    settings = {"BERTH_OIDC_FILE": str(file), "BERTH_LOCAL_ACCOUNTS": "False"}
    with running(folder, BERTH_PORT="8180", CORP_OIDC_SECRET=SECRET, **settings) as found:
        yield found


def test_in_by_the_provider_again_for_an_approval_and_out_at_both(
    corporate: Portal, fake: FakeProvider, browser: Browser
) -> None:
    context = browser.new_context(base_url=corporate.address)
    watch = Watch(urlsplit(corporate.address).netloc)
    watch.over(context)
    page = context.new_page()
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setitem(fake.claims, "auth_time", LONG_AGO)
        signs_in(page, corporate)
    asks_again(page, corporate)
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in again").wait_for()
    assert fake.ended["post_logout_redirect_uri"] == f"{corporate.address}/signed-out/"
    page.goto("/orders/")
    assert urlsplit(page.url).path == "/sign-in/"
    assert watch.complaints == []
    context.close()


def signs_in(page: Page, corporate: Portal) -> None:
    page.goto("/orders/?state=waiting")
    keep(page, "sign-in-by-provider")
    assert barriers(page) == []
    assert page.get_by_label("Password").count() == 0
    page.get_by_role("link", name="Sign in with Corp account").click()
    page.wait_for_url(f"{corporate.address}/orders/?state=waiting")
    page.get_by_label("Your account, Anna Muster").wait_for()


def asks_again(page: Page, corporate: Portal) -> None:
    page.goto("/sign-in-again/?next=/approvals/")
    keep(page, "sign-in-again")
    assert barriers(page) == []
    page.get_by_role("link", name="Sign in afresh").click()
    page.wait_for_url(f"{corporate.address}/approvals/")


def test_a_refusal_is_a_plain_page_that_leads_back(
    corporate: Portal, fake: FakeProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fake.claims, "aud", "other")
    page = browser.new_page(base_url=corporate.address)
    page.goto("/sign-in/")
    page.get_by_role("link", name="Sign in with Corp account").click()
    page.get_by_text("Code identity.token-refused").wait_for()
    keep(page, "sign-in-refused")
    assert barriers(page) == []
    page.get_by_role("link", name="Sign in").click()
    assert urlsplit(page.url).path == "/sign-in/"
    page.close()
