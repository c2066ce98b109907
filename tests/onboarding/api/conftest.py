"""Calls to the API of orders."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from tests.calling import Caller, by_browser, by_token
from tests.journey import Portal

__all__ = ["Caller", "asked", "by_browser", "by_token", "faults_of"]


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
