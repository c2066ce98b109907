"""The API for people: a page made from its own description, without script."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.web import SignedIn
from tenants.api import schema

PREFIX = "/api/v1/"


@dataclass(frozen=True)
class Field:
    """A parameter of an operation, or a field of a record."""

    name: str
    kind: str
    words: str


@dataclass(frozen=True)
class Operation:
    """One address that can be called, and how."""

    ident: str
    method: str
    path: str
    words: str
    body: str  # the record that is sent, or nothing
    parameters: tuple[Field, ...]
    answers: tuple[tuple[str, str, str], ...]  # status, media types, words


@dataclass(frozen=True)
class Shape:
    """The fields of one kind of record."""

    name: str
    words: str
    fields: tuple[Field, ...]


@require_safe
def page(http: SignedIn) -> HttpResponse:
    call = f'curl -H "Authorization: Bearer $BERTH_TOKEN" {settings.BERTH_URL}{PREFIX}'
    shown = {
        "operations": operations(),
        "shapes": shapes(),
        "try_line": f"{call}services/",
        "dump_line": f"{call}services/export?format=csv",
    }
    return render(http, "tenants/api.html", shown)


@cache
def operations() -> tuple[Operation, ...]:
    """Return what can be called, in the order of the addresses."""
    paths = schema.document()["paths"]
    return tuple(
        _operation(path, method, known)
        for path, methods in paths.items()
        for method, known in methods.items()
    )


@cache
def shapes() -> tuple[Shape, ...]:
    """Return the records that answers are made of."""
    known = schema.document()["components"]["schemas"]
    return tuple(
        Shape(name, each.get("description", ""), tuple(_fields(each)))
        for name, each in known.items()
        if "properties" in each and not name.startswith("Paginated")
    )


def _operation(path: str, method: str, known: dict[str, Any]) -> Operation:
    parameters = known.get("parameters", [])
    return Operation(
        ident=known["operationId"],
        method=method.upper(),
        path=path.removeprefix(PREFIX),
        words=known.get("description", ""),
        parameters=tuple(_field(each["name"], _with_words(each)) for each in parameters),
        body=_record(known.get("requestBody", {})),
        answers=tuple(_answer(status, each) for status, each in known["responses"].items()),
    )


def _with_words(parameter: dict[str, Any]) -> dict[str, Any]:
    return {**parameter["schema"], "description": parameter.get("description", "")}


def _answer(status: str, known: dict[str, Any]) -> tuple[str, str, str]:
    media_types = ", ".join(known.get("content", {}))
    return status, media_types, known.get("description", "") or _record(known)


def _record(known: dict[str, Any]) -> str:
    shapes_in = [in_words(each["schema"]) for each in known.get("content", {}).values()]
    return ", ".join(shapes_in)


def _fields(shape: dict[str, Any]) -> Iterator[Field]:
    for name, each in shape["properties"].items():
        yield _field(name, each)


def _field(name: str, known: dict[str, Any]) -> Field:
    return Field(name, in_words(known), known.get("description", ""))


def in_words(known: dict[str, Any]) -> str:
    """Return a type in words: `string (uuid)`, `list of ClusterRef`, `one of a, b`, `… or null`."""
    kind = _plain(known)
    return f"{kind} or null" if known.get("nullable") else kind


def _plain(known: dict[str, Any]) -> str:
    if "$ref" in known:
        return str(known["$ref"]).rpartition("/")[2]
    if "allOf" in known:
        return in_words(known["allOf"][0])
    if "enum" in known:
        return "one of " + ", ".join(str(each) for each in known["enum"])
    if known.get("type") == "array":
        return f"list of {in_words(known['items'])}"
    shape = known.get("format")
    return f"{known.get('type', 'any')} ({shape})" if shape else str(known.get("type", "any"))
