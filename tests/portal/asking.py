"""One request of the route matrix, and what it was answered."""

from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from tests.portal.answers import SIGN_IN, Row
from tests.portal.world import World


def asked(row: Row, browser: Client, world: World) -> HttpResponseBase:
    """Return what the row's request is answered."""
    address = reverse(row.route, kwargs=row.at(world))
    if row.method == "GET":
        answer = browser.get(address, row.sends)
    elif row.as_json:
        answer = browser.post(address, row.sends, content_type="application/json")
    else:
        # a browser never sends an empty form: the button has a name, or the token is in it
        answer = browser.post(address, {"sent": "", **row.sends})
    assert isinstance(answer, HttpResponseBase)
    _read(answer)
    return answer


def _read(answer: HttpResponseBase) -> None:
    """Read a stream to its end: it may be an open file."""
    if isinstance(answer, StreamingHttpResponse):
        list(answer)


def outcome(answer: HttpResponseBase) -> int | str:
    """Return the status, or SIGN_IN where it leads to the sign-in page."""
    if answer.status_code == 302 and answer.headers["Location"].startswith(
        reverse("accounts:sign-in")
    ):
        return SIGN_IN
    return answer.status_code
