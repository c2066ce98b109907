"""What a stranger is answered, and the way back to where they wanted to go."""

from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.limits import Ended

API = "/api/"
CHALLENGE = 'Bearer realm="berth"'
ENDED = "ended"  # the word in the address of the sign-in page that says why a session is over


def is_fragment(http: HttpRequest) -> bool:
    """Say whether htmx asks for a piece of a page."""
    return http.headers.get("HX-Request") == "true" and "HX-Boosted" not in http.headers


def ask_to_sign_in(http: HttpRequest) -> HttpResponse:
    """Return what a stranger gets: a problem for machines, the sign-in page for people.

    A fragment is told to load the sign-in page as a whole, instead of showing it inside itself.
    """
    if http.path.startswith(API):
        return _problem()
    if is_fragment(http):
        return HttpResponse(
            status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": _sign_in_address(http)}
        )
    return HttpResponseRedirect(_sign_in_address(http))


def remember_end(http: HttpRequest, why: Ended) -> None:
    """Let the sign-in page, should it be next, say why the session is over."""
    http.META[_END_MARK] = why.value


_END_MARK = "berth.session_ended"  # lower case with a dot: no header can set it


def own_path(text: str) -> str:
    """Return the text if it is a path of this portal, else nothing."""
    ours = text.startswith("/") and url_has_allowed_host_and_scheme(text, allowed_hosts=None)
    return text if ours else ""


def page_before(http: HttpRequest) -> str:
    """Return the path of the page that this request came from, if it was one of ours."""
    address = http.headers.get("HX-Current-URL") or http.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={http.get_host()}):
        return ""
    parts = urlsplit(address)
    return own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def _sign_in_address(http: HttpRequest) -> str:
    is_page = http.method in {"GET", "HEAD"} and not is_fragment(http)
    wanted = http.get_full_path() if is_page else page_before(http)
    words = {REDIRECT_FIELD_NAME: wanted, ENDED: http.META.get(_END_MARK, "")}
    query = urlencode({name: word for name, word in words.items() if word})
    return f"{reverse('accounts:sign-in')}?{query}" if query else reverse("accounts:sign-in")


def _problem() -> HttpResponse:
    return JsonResponse(
        {
            "type": "about:blank",
            "title": "Not signed in",
            "status": HTTPStatus.UNAUTHORIZED.value,
            "detail": "Send a machine token as `Authorization: Bearer berth_…`, or sign in first.",
        },
        status=HTTPStatus.UNAUTHORIZED,
        content_type="application/problem+json",
        headers={"WWW-Authenticate": CHALLENGE},
    )
