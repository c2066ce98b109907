"""Errors of the API as RFC 9457 problem details."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.exceptions import PermissionDenied as Forbidden

from portal.errors import BerthError, Conflict, Denied, Permanent, Temporary
from portal.web import foreseen

MEDIA_TYPE = "application/problem+json"
KINDS = (
    (Denied, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (Permanent, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Temporary, HTTPStatus.SERVICE_UNAVAILABLE),
)


def as_problem(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return a foreseen error as a problem; None leaves anything else to the server.

    The answer is the same whichever format was asked for: a problem is always JSON.
    """
    del context
    ours = foreseen(error)
    if ours is not None:
        return of(ours)
    known = _known(error)
    if known is None:
        return None
    response = _problem(HTTPStatus(known.status_code), _sentence(known), **_extra(known))
    for header, attribute in (("WWW-Authenticate", "auth_header"), ("Retry-After", "wait")):
        value = getattr(known, attribute, None)
        if value is not None:
            response.headers[header] = value if header != "Retry-After" else f"{value:.0f}"
    return response


def of(error: BerthError, **extra: Any) -> HttpResponse:
    """Return one of our own errors as a problem; `extra` adds to it, or says it better."""
    return _problem(_status_of(error), error.detail, code=error.code, **extra)


def _known(error: Exception) -> APIException | None:
    """Django's own two errors become those of the framework, without telling what they knew."""
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return Forbidden()
    return error if isinstance(error, APIException) else None


def _status_of(error: BerthError) -> HTTPStatus:
    for kind, status in KINDS:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _sentence(error: APIException) -> str:
    if isinstance(error, ValidationError):
        return "The call holds something that cannot be used; `errors` says what."
    return str(error.detail)


def _extra(error: APIException) -> dict[str, Any]:
    if not isinstance(error, ValidationError):
        return {}
    return {"errors": list(_parameters(error.detail))}


def _parameters(detail: Any) -> Iterator[dict[str, str]]:
    named = detail.items() if isinstance(detail, dict) else [("", detail)]
    for parameter, sentences in named:
        for sentence in sentences if isinstance(sentences, list) else [sentences]:
            yield {"parameter": str(parameter), "detail": str(sentence)}


def _problem(status: HTTPStatus, detail: str, **extra: Any) -> HttpResponse:
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return HttpResponse(json.dumps(body | extra), content_type=MEDIA_TYPE, status=status)
