"""Gives every web request an id, so that its entries and log lines can be found together."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.ledger import Origin, coming_from
from portal import logs

GetResponse = Callable[[HttpRequest], HttpResponse]

HEADER = "X-Request-ID"
_IDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")  # as long as the ledger's column


def request_id(get_response: GetResponse) -> GetResponse:
    """Set the origin of all entries and lines written while this request is answered.

    The id is the one that a proxy in front gave, where it is fit to be kept.
    """

    def answer(http: HttpRequest) -> HttpResponse:
        given = http.headers.get(HEADER, "")
        ident = given if _IDENT.fullmatch(given) else uuid.uuid4().hex
        channel = "api" if http.path.startswith("/api/") else "web"
        with coming_from(Origin(channel, ident)), logs.about(request=ident):
            response = get_response(http)
        response.headers[HEADER] = ident
        return response

    return answer
