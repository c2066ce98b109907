"""Pages of sign-in by a provider: the way there, the way back, and out again."""

import logging
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import doors
from accounts.oidc import arrivals, departures, flow, freshness, providers
from accounts.oidc.providers import Provider
from accounts.oidc.sparing import Sparing
from accounts.web import SignedIn
from portal.errors import BerthError, Denied, NotFresh

AGAIN = "again"

log = logging.getLogger(__name__)
# strangers can be refused as often as they like; the ledger is kept for ever
refusals = Sparing(a_minute=120)


@login_not_required
@never_cache
@require_GET
def start(http: HttpRequest, slug: str) -> HttpResponse:
    """Send the browser to the provider; with `again`, somebody who is signed in already."""
    provider = _provider(slug)
    wanted = doors.own_path(http.GET.get(REDIRECT_FIELD_NAME, ""))
    again = None
    if http.user.is_authenticated:
        if AGAIN not in http.GET:
            return redirect(wanted or settings.LOGIN_REDIRECT_URL)
        again = str(http.user.pk)
    return HttpResponseRedirect(flow.begin(http, provider, wanted=wanted, again=again))


@login_not_required
@never_cache
@require_GET
def came_back(http: HttpRequest, slug: str) -> HttpResponse:
    """Let in whom the provider vouches for."""
    provider = _provider(slug)
    try:
        arrival = flow.finish(http, provider)
        arrivals.sign_in(http, provider, arrival)
    except BerthError as error:
        _note(provider, error, "refused sign-in")
        http.META["QUERY_STRING"] = ""  # pages repeat their address, and here it holds a code
        raise
    return redirect(arrival.wanted or settings.LOGIN_REDIRECT_URL)


@never_cache
@require_safe
def again(http: SignedIn) -> HttpResponse:
    """Say why somebody has to sign in afresh before they decide, and where."""
    wanted = doors.own_path(http.GET.get(REDIRECT_FIELD_NAME, ""))
    if freshness.is_fresh(http.session):
        return redirect(wanted or settings.LOGIN_REDIRECT_URL)
    provider = freshness.provider_of(http.session)
    if provider is None:
        raise NotFresh
    page = {"provider": provider, "next": wanted, "again": AGAIN}
    return render(http, "accounts/again.html", page)


@login_not_required
@never_cache
@require_safe
def signed_out(http: HttpRequest) -> HttpResponse:
    """Say that the session here is over; the page goes on to the provider by itself."""
    return render(http, "accounts/signed_out.html", {"label": departures.kept(http)[0]})


@login_not_required
@never_cache
@require_GET
def onward(http: HttpRequest) -> HttpResponse:
    """Send the browser to the provider once, to be signed out there too.

    A page in between leads here, because the answer to a form may not redirect to another origin.
    """
    address = departures.kept(http)[1]
    http.session.pop(departures.ONWARD, None)
    return HttpResponseRedirect(address) if address else redirect("accounts:signed-out")


@csrf_exempt  # the provider calls, and proves itself by the signature of what it sends
@login_not_required
@never_cache
@sensitive_post_parameters("logout_token")
@require_POST
def back_channel(http: HttpRequest, slug: str) -> HttpResponse:
    """End sessions at the provider's word (OpenID Connect Back-Channel Logout 1.0, 2.5-2.8)."""
    provider = _provider(slug)
    try:
        departures.by_back_channel(http.POST.get("logout_token", ""), provider)
    except BerthError as error:
        _note(provider, error, "refused sign-out")
        answer = {"error": "invalid_request", "error_description": error.code}
        refused = isinstance(error, Denied)
        status = HTTPStatus.BAD_REQUEST if refused else HTTPStatus.SERVICE_UNAVAILABLE
        return JsonResponse(answer, status=status)
    return HttpResponse(status=HTTPStatus.OK)


def _provider(slug: str) -> Provider:
    provider = providers.named(slug)
    if provider is None:
        raise Http404
    return provider


def _note(provider: Provider, error: BerthError, verb: str) -> None:
    log.warning("%s by %s: %s", verb, provider.slug, error)
    if refusals.allows():
        arrivals.note_refusal(provider, error, verb=verb)
