"""Expected errors become a page that says what happened, what it means and what to do now."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.ledger import SECRET_WORDS
from onboarding import messages
from portal.errors import BerthError, Conflict, Denied, Permanent, Temporary
from portal.web import foreseen

GetResponse = Callable[[HttpRequest], HttpResponse]

STATUS = (
    (Denied, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (Permanent, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Temporary, HTTPStatus.SERVICE_UNAVAILABLE),
)
log = logging.getLogger(__name__)
LONGEST_ECHO = 4000  # characters of one field that are handed back to who typed them


def expected_errors(get_response: GetResponse) -> "ExpectedErrors":
    """Answer foreseen failures of views; everything else stays an error of the server."""
    return ExpectedErrors(get_response)


class ExpectedErrors:
    """Django calls `process_exception` where a view let an error go."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, http: HttpRequest) -> HttpResponse:
        return self.get_response(http)

    def process_exception(self, http: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page for one of our errors. A fragment gets a banner in its place."""
        known = foreseen(error)
        if known is None:
            return None
        if known is not error:
            log.warning("%s is answered as %s", error, known.code)
        shown = {"message": messages.of(known), "detail": known.detail, "code": known.code}
        if http.headers.get("HX-Request"):
            fragment = "includes/problem_fragment.html"
            return render(http, fragment, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        shown |= {"typed": typed(http), "again": isinstance(known, Temporary | Conflict)}
        return render(http, "includes/problem.html", shown, status=status_of(known))


def status_of(error: BerthError) -> HTTPStatus:
    """Return the HTTP status that the kind of an error means."""
    for kind, status in STATUS:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def typed(http: HttpRequest) -> list[tuple[str, str]]:
    """Return what the person sent, so that it can be sent again; never what sounds secret."""
    return [
        (name, value[:LONGEST_ECHO])
        for name, values in http.POST.lists()
        if not any(word in name.lower() for word in SECRET_WORDS)
        for value in values
    ]
