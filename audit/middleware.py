"""Gives every web request an id, so that its entries and log lines can be found together."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.ledger import Origin, origin

GetResponse = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: GetResponse) -> GetResponse:
    """Set the origin of all entries written while this request is answered."""

    def answer(http: HttpRequest) -> HttpResponse:
        ident = uuid.uuid4().hex
        channel = "api" if http.path.startswith("/api/") else "web"
        kept = origin.set(Origin(channel=channel, request_id=ident))
        try:
            response = get_response(http)
        finally:
            origin.reset(kept)
        response.headers["X-Request-ID"] = ident
        return response

    return answer
