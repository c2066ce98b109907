"""Refuses requests that are larger than anything the portal takes, before anybody reads them."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

GetResponse = Callable[[HttpRequest], HttpResponse]


def oversized_refused(get_response: GetResponse) -> GetResponse:
    """Answer 413 by the length that was announced: a page to people, a problem to machines.

    Django counts for itself what a form holds, yet not a body of JSON.
    """

    def answer(http: HttpRequest) -> HttpResponse:
        if _announced(http) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return get_response(http)
        if http.path.startswith("/api/"):
            return _problem()
        return render(http, "413.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    return answer


def _announced(http: HttpRequest) -> int:
    """Return the length in bytes; the web server has refused one that is no number."""
    return int(http.META.get("CONTENT_LENGTH") or 0)


def _problem() -> HttpResponse:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    most = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes"
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": f"The body is larger than {most}. Nothing was changed; send less at a time.",
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")
