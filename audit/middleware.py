"""Gives every web request an id, so that its entries and log lines can be found together."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.ledger import Origin, coming_from

GetResponse = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: GetResponse) -> GetResponse:
    """Set the origin of all entries written while this request is answered."""

    def answer(http: HttpRequest) -> HttpResponse:
        ident = uuid.uuid4().hex
        channel = "api" if http.path.startswith("/api/") else "web"
        with coming_from(Origin(channel, ident)):
            response = get_response(http)
        response.headers["X-Request-ID"] = ident
        return response

    return answer
