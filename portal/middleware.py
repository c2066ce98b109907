"""Headers that every answer carries, whichever room it comes from."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add the headers that Django's own security middleware does not know."""

    def answer(http: HttpRequest) -> HttpResponse:
        response = get_response(http)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return answer
