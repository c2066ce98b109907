"""What is odd beside the fields: headers, cookies, numbers and words in the path, sizes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.make import browser_of
from tests.onboarding.bad_input import odd
from tests.onboarding.bad_input.asking import (
    EVERYTHING,
    FORMS,
    PAGES,
    ask,
    browser_for,
    is_plain,
    name_of,
    text_of,
)
from tests.portal.answers import Row
from tests.portal.routes import ROWS
from tests.portal.world import World
from tests.thorough import THOROUGH

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("onboarding", "fleet", "tenants", "accounts", "audit", "portal")
READ = re.compile(r'headers(?:\.get\(|\[)"([\w-]+)"|COOKIES(?:\.get\(|\[)"([\w-]+)"|"HTTP_(\w+)"')
# what libraries read: content negotiation, htmx, conditional requests, sessions, proxies
ALSO = ("Accept", "Accept-Language", "Authorization", "HX-Request", "HX-Target", "HX-Prompt")
NUMBERS = (0, 2**31, 2**63, 10**40)
WORDS = ("x" * 1_000, "-", "_", "0", "CON", "nowhere")
# which leave the person signed in, so that the view itself is reached
NEUTRAL = ["Accept", "Accept-Language", "Hx-Current-Url", "Hx-Request", "If-None-Match", "Referer"]
PLACES = ("onboarding:timeline", "api:services-one")

pytestmark = pytest.mark.django_db


def headers() -> list[str]:
    """Return every header that our sources name, and what libraries read."""
    sources = (path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    found = {name for text in sources for names in READ.findall(text) for name in names if name}
    return sorted({name.replace("_", "-").title() for name in found} | {*ALSO, "Cookie"})


def as_header(text: str) -> str:
    """Return what a web server would let through of it: one line of Latin-1."""
    return " ".join(text.encode("utf-8").decode("latin-1").split())[:8_000]


@pytest.mark.parametrize("route", PLACES)
def test_nothing_odd_in_a_header_breaks_a_page(route: str, filled_world: World) -> None:
    row = next(row for row in PAGES if row.route == route)
    browser = browser_for(row, filled_world)
    address = reverse(route, kwargs=row.at(filled_world))
    browser.raise_request_exception = False
    names = [[name] for name in headers()] if THOROUGH else [NEUTRAL, headers()]
    broken = [
        (several, oddity)
        for several in names
        for oddity, text in EVERYTHING.items()
        if not is_plain(browser.get(address, headers=dict.fromkeys(several, as_header(text))))
    ]
    assert broken == []


@pytest.mark.parametrize("cookie", ["berth-theme", "berth-session", "messages", "berth-csrf"])
def test_nothing_odd_in_a_cookie_breaks_a_page(cookie: str, filled_world: World) -> None:
    broken = []
    for oddity, text in odd.TEXTS.items():
        browser = Client(raise_request_exception=False)
        browser.force_login(filled_world.people["developer"])
        browser.cookies[cookie] = as_header(text)
        if not is_plain(browser.get("/")) or not is_plain(browser.get("/sign-in/")):
            broken.append(oddity)
    assert broken == []


def odd_addresses(row: Row, world: World) -> Iterator[str]:
    """Return the row's address with each number and each word in it replaced by odd ones."""
    usual = row.at(world)
    for name, value in usual.items():
        for other in NUMBERS if isinstance(value, int) else WORDS if isinstance(value, str) else ():
            yield reverse(row.route, kwargs=usual | {name: other})


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_nothing_odd_in_a_path_breaks_its_page(row: Row, filled_world: World) -> None:
    browser = browser_for(row, filled_world)
    broken = [
        address
        for address in odd_addresses(row, filled_world)
        if not is_plain(ask(row, browser, filled_world, row.sends, address=address))
    ]
    assert broken == []


@pytest.mark.parametrize("row", FORMS, ids=name_of)
def test_a_form_that_is_too_large_is_refused_in_words(row: Row, filled_world: World) -> None:
    browser = browser_for(row, filled_world)
    answer = ask(row, browser, filled_world, {"reason": odd.OVERSIZED})
    assert answer.status_code == 413
    assert "Nothing was changed" in text_of(answer)


def test_a_form_with_too_many_fields_is_refused_in_words(filled_world: World) -> None:
    browser = browser_of(filled_world.people["developer"])
    answer = browser.post("/orders/new/unlisted/", {f"field-{n}": "x" for n in range(1_100)})
    assert answer.status_code == 400
    assert "Nothing was changed" in text_of(answer)
