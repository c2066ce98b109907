"""What holds for every request, whichever room answers: headers and characters refused."""

from collections.abc import Callable, Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add the headers that Django's own security middleware does not know."""

    def answer(http: HttpRequest) -> HttpResponse:
        response = get_response(http)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return answer


def null_refused(get_response: GetResponse) -> GetResponse:
    """Refuse the null character in addresses and forms: PostgreSQL can store none."""

    def answer(http: HttpRequest) -> HttpResponse:
        if any("\0" in text for text in _texts(http)):
            raise BadRequest("A null character was sent.")
        return get_response(http)

    return answer


def _texts(http: HttpRequest) -> Iterator[str]:
    yield http.path_info
    for given in (http.GET, http.POST):
        for name, values in given.lists():
            yield name
            yield from values
