"""Session limits, the rule that everything but sign-in and health asks for a person, time zones."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts import doors, limits, sessions
from portal.clock import now

GetResponse = Callable[[HttpRequest], HttpResponse]


def session_limits(get_response: GetResponse) -> GetResponse:
    """End sessions that were idle or lasted for too long.

    A fragment that htmx fetches by GET is no sign of life: a page left open asks by itself.
    """

    def answer(http: HttpRequest) -> HttpResponse:
        if SESSION_KEY in http.session:
            _limit(http)
        return get_response(http)

    return answer


def _limit(http: HttpRequest) -> None:
    why = limits.ended(http.session, now())
    if not settings.BERTH_LOCAL_ACCOUNTS and not http.session.get(sessions.PROVIDER):
        logout(http)
    elif why:
        logout(http)
        doors.remember_end(http, why)
    elif http.method != "GET" or not doors.is_fragment(http):
        limits.keep_alive(http.session, now())


def sign_in_required(get_response: GetResponse) -> "Gate":
    """Let strangers reach only views marked with Django's `login_not_required`.

    Views of Django REST framework carry that mark too; there the default permission decides.
    """
    return Gate(get_response)


class Gate:
    """Asks at the view, not at the path, so that a new route is closed until it says otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, http: HttpRequest) -> HttpResponse:
        return self.get_response(http)

    def process_view(
        self, http: HttpRequest, view: Callable[..., HttpResponseBase], *_arguments: Any
    ) -> HttpResponse | None:
        if http.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        return doors.ask_to_sign_in(http)


def own_time_zone(get_response: GetResponse) -> GetResponse:
    """Show times in the zone that the person chose."""

    def answer(http: HttpRequest) -> HttpResponse:
        zone = http.user.time_zone if http.user.is_authenticated else ""
        if not zone:
            return get_response(http)
        with timezone.override(zoneinfo.ZoneInfo(zone)):
            return get_response(http)

    return answer
