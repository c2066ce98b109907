"""Every field of every body that the API takes, with everything odd in it.

The bodies are found by themselves: what the description of the API says is sent, and for the
answers of an order what each kind of order asks.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from onboarding.api.kinds import ASKS
from onboarding.models import Order
from tenants.api import schema
from tenants.models import Application, Claim
from tests.onboarding.bad_input.asking import EVERYTHING, browser_for
from tests.portal.answers import DIGEST, Row
from tests.portal.routes import ROWS
from tests.portal.world import World
from tests.thorough import THOROUGH

Body = dict[str, Any]
Place = tuple[str | int, ...]

# no text: written as it is, for JSON of Python would not write it
RAW = {"an infinite number": "1e309", "a huge number": "9" * 4_400, "no number": "NaN"}
VALUES: dict[str, Any] = {
    **EVERYTHING,
    "half a character": "\ud800",
    "null": None,
    "true": True,
    "a number": -1,
    "a larger number": 2**63,
    "a fraction": 1.5,
    "a list": [],
    "a list in a list": [[["x"]]],
    "an object": {"a": {"b": []}},
    "deep": json.loads("[" * 200 + "]" * 200),
    **{name: f"raw:{name}" for name in RAW},
}
UNDERSTOOD = {200, 201, 202, 400, 403, 404, 409, 413, 422}

pytestmark = pytest.mark.django_db

BODIES = [row for row in ROWS if row.as_json]


def usual(world: World) -> Body:
    """Return a value for each field that a body may have."""
    return {
        "application": str(Application.objects.get(slug="trolley").uuid),
        "environments": ["test"],
        "region": "eu1",
        "size": "s",
        "scaffold": "web-service",
        "name": "trolley",
        "destinations": [],
        "owner": str(world.people["developer"].uuid),
        "service": str(world.service.uuid),
        "reason": "Because of this",
        "digest": DIGEST,
        "revision": 1,
    }


def bodies(row: Row, world: World) -> Iterator[Body]:
    """Give what can be sent to a route: one body, or one for each kind of order."""
    known = usual(world)
    names = fields_of(row, world)
    plain = {name: known[name] for name in names if name in known}
    if "answers" not in names:
        yield plain
    for kind, ask in ASKS.items() if "answers" in names else ():
        answers = {str(name): known[str(name)] for name in ask.answers().fields}
        yield plain | {"answers": answers} | ({"kind": kind} if "kind" in names else {})


def fields_of(row: Row, world: World) -> list[str]:
    """Return the fields of the body that the description names."""
    whole = schema.document()
    example = reverse(row.route, kwargs=row.at(world)).rstrip("/").split("/")
    for path, operations in whole["paths"].items():
        parts = path.rstrip("/").split("/")
        pairs = zip(parts, example, strict=False)
        if len(parts) == len(example) and all(a == b or a.startswith("{") for a, b in pairs):
            body = operations["post"]["requestBody"]["content"]["application/json"]["schema"]
            name = body["$ref"].rpartition("/")[2]
            return list(whole["components"]["schemas"][name]["properties"])
    raise LookupError(f"{row} is not described")


def places(value: Any, so_far: Place = ()) -> Iterator[Place]:
    """Give the way to every value in a body, from the outside in, and to one that is not there."""
    yield so_far
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*so_far, number))
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*so_far, name))
        yield (*so_far, "\u202e{{ odd }}")


def spoilt(value: Any, place: Place, odd: Any) -> Any:
    """Return the body with the odd value at that place."""
    if not place:
        return odd
    copied: Any = dict(value) if isinstance(value, Mapping) else list(value)
    first, *rest = place
    inner = copied.get(first) if isinstance(copied, dict) else copied[first]
    copied[first] = spoilt(inner, tuple(rest), odd)
    return copied


def written(body: Any) -> str:
    text = json.dumps(body)
    for name, raw in RAW.items():
        text = text.replace(f'"raw:{name}"', raw)
    return text


def send(row: Row, browser: Client, world: World, text: str, **headers: str) -> HttpResponse:
    """Send, and take back whatever was written."""
    cache.clear()  # nobody is told to come again later
    browser.raise_request_exception = False
    with transaction.atomic():
        answer = browser.post(
            reverse(row.route, kwargs=row.at(world)),
            text,
            content_type="application/json",
            headers=headers,
        )
        if answer.status_code >= 400:
            assert not Claim.objects.exclude(pk=world.claim.pk).exists()
            assert not Order.objects.exclude(pk=world.order.pk).exists()
        transaction.set_rollback(True)
    assert isinstance(answer, HttpResponse)
    return answer


def tries(row: Row, world: World) -> Iterator[tuple[str, str, str]]:
    """Give (place, what is odd, text); the quick part gives each oddity to one place, in turn."""
    for body in bodies(row, world):
        found = list(places(body))
        for number, place in enumerate(found):
            for turn, (oddity, value) in enumerate(VALUES.items()):
                if THOROUGH or turn % len(found) == number:
                    yield ".".join(map(str, place)), oddity, written(spoilt(body, place, value))


def is_plain(answer: HttpResponse) -> bool:
    """Say whether it was taken, or refused with a sentence."""
    if answer.status_code < 400:
        return answer.status_code in UNDERSTOOD
    return answer.status_code in UNDERSTOOD and len(json.loads(answer.content)["detail"]) > 10


def test_every_body_is_found() -> None:
    described = [path for path, each in schema.document()["paths"].items() if "post" in each]
    with_body = [p for p in described if "requestBody" in schema.document()["paths"][p]["post"]]
    assert len(BODIES) >= len(with_body) > 0


def test_an_order_in_which_nothing_is_odd_is_taken(filled_world: World) -> None:
    row = next(row for row in BODIES if row.route == "order-api:orders")
    text = written(next(bodies(row, filled_world)))
    assert send(row, browser_for(row, filled_world), filled_world, text).status_code == 201


@pytest.mark.parametrize("row", BODIES, ids=str)
def test_nothing_odd_in_a_body_breaks_the_api(row: Row, filled_world: World) -> None:
    browser = browser_for(row, filled_world)
    broken = [
        (place, oddity)
        for place, oddity, text in tries(row, filled_world)
        if not is_plain(send(row, browser, filled_world, text))
    ]
    assert broken == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"x"', "\0", "[" * 50_000, '{"a": 1, "a": 2}', "{}" * 40_000]
)
def test_what_is_no_object_is_refused_in_words(filled_world: World, text: str) -> None:
    row = BODIES[0]
    answer = send(row, browser_for(row, filled_world), filled_world, text)
    assert answer.status_code in {400, 413}
    assert len(json.loads(answer.content)["detail"]) > 10


def test_nothing_odd_in_the_key_of_a_call_breaks_it(filled_world: World) -> None:
    row = next(row for row in BODIES if row.route == "order-api:orders")
    browser = browser_for(row, filled_world)
    text = written(next(bodies(row, filled_world)))
    for value in EVERYTHING.values():
        key = " ".join(value.encode().decode("latin-1").split())[:8_000]
        answer = send(row, browser, filled_world, text, **{"Idempotency-Key": key})
        assert is_plain(answer), (value, answer.content)
