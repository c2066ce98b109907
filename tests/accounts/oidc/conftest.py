"""A fake provider that the portal knows as `corp`, and a browser's way through a sign-in by it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import yaml
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.oidc import discovery, views
from accounts.oidc.sparing import Sparing
from tests.accounts.oidc import fake_provider
from tests.accounts.oidc.fake_provider import CLIENT, SECRET, FakeProvider

START = "/sign-in/corp/"
Write = Callable[..., Path]


def entry(fake: FakeProvider, slug: str = "corp", **more: Any) -> dict[str, Any]:
    """Return a provider's entry in the file."""
    return {
        "slug": slug,
        "label": "Corp account",
        "issuer": fake.address,
        "client_id": CLIENT,
        "client_secret": "CORP_OIDC_SECRET",
        **more,
    }


@pytest.fixture
def configure(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the file of providers and have the portal use it."""
    monkeypatch.setenv("CORP_OIDC_SECRET", SECRET)
    written: list[Path] = []

    def write(*entries: dict[str, Any]) -> Path:
        path = tmp_path / f"oidc-{len(written)}.yaml"
        written.append(path)
        path.write_text(yaml.safe_dump({"version": 1, "providers": list(entries)}))
        settings.BERTH_OIDC_FILE = path
        return path

    return write


@pytest.fixture
def provider(configure: Write, settings: Settings, monkeypatch: Any) -> Iterator[FakeProvider]:
    """The provider `corp`, as it is when nobody lies."""
    settings.BERTH_URL = "http://testserver"
    monkeypatch.setattr(views, "refusals", Sparing(a_minute=120))
    discovery.forget()
    with fake_provider.running() as fake:
        configure(entry(fake))
        yield fake


def begun(browser: Client, path: str = START) -> str:
    """Press the button; return the provider's address that the browser is sent to."""
    answer = browser.get(path)
    assert answer.status_code == 302, answer.content
    return answer.headers["Location"]


def asked(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def sent_back(address: str) -> str:
    """Have the provider sign the person in; return the path that it sends the browser back to."""
    answer = requests.get(address, allow_redirects=False, timeout=5)
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def came_in(browser: Client, path: str = START) -> HttpResponse:
    """Go the whole way; return the portal's last answer."""
    return answered(browser, sent_back(begun(browser, path)))


def answered(browser: Client, path: str) -> HttpResponse:
    """Return what the portal answers to the browser at this path."""
    answer = browser.get(path)
    assert isinstance(answer, HttpResponse)
    return answer
