"""Expected errors become a page that says what happened and whose move it is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


def expected_errors(get_response: GetResponse) -> GetResponse:
    return get_response
