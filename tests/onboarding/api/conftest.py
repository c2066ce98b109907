"""Calls to the API of orders: by a browser's session, or by a token."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import tokens
from accounts.models import MachineToken, Scope, User
from tests.journey import Portal
from tests.make import browser_of

ROOT = "/api/v1/orders"


@dataclass(frozen=True)
class Caller:
    """Whoever calls."""

    client: Client

    def read(self, path: str = "", **query: str) -> Any:
        return self.client.get(f"{ROOT}{path}", query)

    def send(self, path: str, body: Any = None, **headers: str) -> Any:
        text = body if isinstance(body, str | bytes) else json.dumps(body or {})
        return self.client.post(
            f"{ROOT}{path}", text, content_type="application/json", headers=headers
        )


def by_browser(person: User) -> Caller:
    return Caller(browser_of(person))


def by_token(
    owner: User | None, scope: Scope = Scope.ORDERS_WRITE
) -> tuple[Caller, MachineToken, str]:
    token, text = tokens.issue("robot", scope=scope, owner=owner)
    return Caller(Client(headers={"Authorization": f"Bearer {text}"})), token, text


def asked(portal: Portal, *environments: str, **changes: Any) -> dict[str, Any]:
    """Return the body of an order for basket."""
    answers = {**portal.answers, "environments": list(environments or ("dev",)), **changes}
    return {"kind": "onboard", "answers": answers}


def faults_of(answer: Any) -> dict[str, str]:
    """Return the fields that a problem names, each with its sentence."""
    return {each["parameter"]: each["detail"] for each in answer.json()["errors"]}


@pytest.fixture(autouse=True)
def _no_calls_counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()
