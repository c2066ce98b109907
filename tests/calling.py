"""Calls to the API of orders: by a browser's session, or by a token."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from accounts import tokens
from accounts.models import MachineToken, Scope, User
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
