"""Asks routes of the matrix as whoever may do most there, and judges what comes back."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import reverse

from onboarding.form import questions
from tests.make import browser_of
from tests.onboarding.bad_input import filled, listening, odd
from tests.portal.answers import ROLES, Row, draft
from tests.portal.routes import ROWS
from tests.portal.world import World
from tests.thorough import THOROUGH

Sent = Mapping[str, Any]


def _step(slug: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: draft(world) | {"step": slug}


PAGES = [row for row in ROWS if row.method == "GET"]
STEPS = [
    Row(
        "onboarding:step",
        dict.fromkeys(ROLES, 404) | {"developer": 422},
        "POST",
        at=_step(page.slug),
        sends={"page": page.slug},
    )
    for page in questions.PAGES
]
FORMS = [*(row for row in ROWS if row.method == "POST"), *STEPS]
# who has most in this world comes first, so that lists and forms are full
FROM_MOST = ("developer", "operator", "approver", "auditor", "machine", "stranger", "anonymous")
SHUT_OUT = (401, 403, 404)
REFUSALS = {400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 503}
EVERYTHING = odd.TEXTS | odd.REFUSED


def name_of(row: Row) -> str:
    return f"{row} {row.sends.get('page', '')}".strip()


def browser_for(row: Row, world: World) -> Client:
    """Return the browser of the first role that gets furthest on this route."""
    answers = {role: row.answers[role] for role in ROLES}
    role = min(FROM_MOST, key=lambda each: _distance(answers[each]))
    if role == "anonymous":
        return Client()
    if role == "machine":
        return Client(headers={"Authorization": f"Bearer {world.token_text}"})
    return browser_of(world.people[role])


def _distance(answer: int | str) -> int:
    if isinstance(answer, str):
        return 3
    return 2 if answer in SHUT_OUT else int(answer >= 400)


def ask(
    row: Row, browser: Client, world: World, sent: Sent, *, address: str = ""
) -> HttpResponseBase:
    """Ask, and take back whatever the answer wrote."""
    with transaction.atomic():
        answer = send(row, browser, world, sent, address=address)
        text_of(answer)  # what is streamed is made here
        transaction.set_rollback(True)
    return answer


def send(
    row: Row, browser: Client, world: World, sent: Sent, *, address: str = ""
) -> HttpResponseBase:
    """Ask, and let stand what was written."""
    browser.raise_request_exception = False
    address = address or reverse(row.route, kwargs=row.at(world))
    if row.method == "GET":
        found: HttpResponseBase = browser.get(address, sent)
    else:
        found = browser.post(address, {"sent": "", **sent})
    return found


def text_of(answer: HttpResponseBase) -> str:
    if not isinstance(answer, HttpResponse):
        return b"".join(answer).decode(errors="replace")  # it may be no text, such as a ZIP
    return answer.content.decode()


def is_plain(answer: HttpResponseBase) -> bool:
    """Say whether a page came, or a refusal, and nothing that was typed became markup."""
    taken = answer.status_code < 400 or answer.status_code in REFUSALS
    return taken and not smuggled(answer)


def smuggled(answer: HttpResponseBase) -> bool:
    """Say whether what was typed became markup, a template that ran, or a header."""
    page = answer.headers.get("Content-Type", "").startswith("text/html")
    return "smuggled" in answer.cookies or (page and odd.smuggled(text_of(answer)))


def heard_in_address(row: Row, browser: Client, world: World) -> list[str]:
    """Return the parameters that a page asks for, also those that another one leads to."""
    found: set[str] = set()
    ask(row, browser, world, row.sends)
    while new := listening.in_address() - found:
        found |= new
        ask(row, browser, world, dict.fromkeys(found, "1"))
    return sorted(found)


def heard_in_form(row: Row, browser: Client, world: World) -> tuple[list[str], Sent]:
    """Return the fields that a form asks for, and what it is sent with when nothing is odd."""
    usual = _usual(row, browser, world)
    found: set[str] = set()
    ask(row, browser, world, usual)
    while new := listening.in_form() - found:
        found |= new
        usual = {name: filled.USUAL.get(name, "") for name in found} | usual
        ask(row, browser, world, usual)
    return sorted(found), {name: value for name, value in usual.items() if name in found}


def _usual(row: Row, browser: Client, world: World) -> dict[str, Any]:
    page = browser.get(reverse(row.route, kwargs=row.at(world)))
    shown = filled.as_shown(text_of(page)) if page.status_code < 300 else {}
    return shown | {name: value for name, value in row.sends.items() if value}


def spoilt(names: list[str], usual: Sent) -> Iterator[tuple[str, str, Sent]]:
    """Spoil one field at a time: (field, what is odd, what is sent).

    The quick part gives each oddity to one field, in turn, so that no field is left out.
    """
    for name in names:
        for number, oddity in enumerate(EVERYTHING):
            if THOROUGH or number % len(names) == names.index(name):
                yield name, oddity, {**usual, name: EVERYTHING[oddity]}


def spoilt_at_once(names: list[str], usual: Sent) -> Iterator[tuple[str, str, Sent]]:
    """Give all parameters of an address one oddity after the other."""
    for oddity, text in EVERYTHING.items() if names else ():
        yield "all", oddity, {**usual, **dict.fromkeys(names, text)}
