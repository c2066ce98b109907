"""Pages of the door: signing in and out, and one's own account."""

from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, addresses, doors, lookups
from accounts.forms import SITE, OwnPasswordForm, OwnTokenForm, SignInForm, ZoneForm
from accounts.limits import Ended
from accounts.models import LOCAL, Scope
from accounts.oidc import departures, providers
from accounts.web import SignedIn
from portal import moments
from portal.clock import now
from portal.errors import LocalAccountsOff

THEMES = ("light", "dark", "auto")
THEME_COOKIE = "berth-theme"
YEAR = 365 * 24 * 3600

safe_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@safe_or_post
def sign_in(http: HttpRequest) -> HttpResponse:
    wanted = _wanted(http)
    if http.user.is_authenticated:
        return redirect(wanted or settings.LOGIN_REDIRECT_URL)
    if http.method == "POST" and not settings.BERTH_LOCAL_ACCOUNTS:
        raise LocalAccountsOff
    form = SignInForm(http, http.POST or None)
    if form.is_valid():
        actions.sign_in(http, form.get_user())
        return redirect(wanted or settings.LOGIN_REDIRECT_URL)
    page = {
        "form": form,
        "next": wanted,
        "ended": _why_ended(http),
        "providers": providers.offered(),
        "by_password": settings.BERTH_LOCAL_ACCOUNTS,
    }
    return render(http, "accounts/sign_in.html", page, status=_status(form))


def _wanted(http: HttpRequest) -> str:
    sent = http.POST if http.method == "POST" else http.GET
    return doors.own_path(sent.get(REDIRECT_FIELD_NAME, ""))


def _why_ended(http: HttpRequest) -> str:
    match http.GET.get(doors.ENDED):
        case Ended.IDLE:
            return f"Nothing was done for {moments.length(settings.BERTH_SESSION_IDLE)}."
        case Ended.LIMIT:
            return f"A session lasts {moments.length(settings.BERTH_SESSION_LIMIT)} at most."
        case _:
            return ""


def _status(form: Form) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def locked_out(
    http: HttpRequest, response: HttpResponse, credentials: dict[str, str] | None = None
) -> HttpResponse:
    """Answer a sign-in that was refused for too many failures; called by django-axes."""
    del response
    username = (credentials or {}).get("username", "")
    until = lookups.locked_until(username, addresses.of(http))
    seconds = max(int((until - now()).total_seconds()), 1)
    page = {"username": username, "until": until, "tries": settings.AXES_FAILURE_LIMIT}
    answer = render(http, "accounts/locked_out.html", page, status=HTTPStatus.TOO_MANY_REQUESTS)
    answer.headers["Retry-After"] = str(seconds)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
def sign_out(http: SignedIn) -> HttpResponse:
    label, onward = departures.onward(http)
    actions.sign_out(http, by=http.user)
    if not onward:
        return redirect(settings.LOGOUT_REDIRECT_URL)
    departures.keep(http, label, onward)
    return redirect("accounts:signed-out")


@login_not_required
@require_POST
def theme(http: HttpRequest) -> HttpResponse:
    """Keep the theme in a cookie and go back. Open to strangers: it changes nothing of ours."""
    back = _wanted(http) or doors.page_before(http) or resolve_url(settings.LOGIN_REDIRECT_URL)
    answer = redirect(back)
    chosen = http.POST.get("theme", "")
    if chosen in THEMES:
        answer.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer


@never_cache
@require_safe
def you(http: SignedIn) -> HttpResponse:
    return _you(http, OwnTokenForm())


def _you(http: SignedIn, form: OwnTokenForm, made: str = "") -> HttpResponse:
    page = {
        "token_form": form,
        "made": made,
        "zone_form": ZoneForm(initial={"zone": http.user.time_zone or SITE}),
        "tokens": lookups.tokens_of(http.user),
        "sessions": lookups.sessions_of(http.user),
        "this_session": http.session.session_key,
        "is_local": http.user.issuer == LOCAL,
    }
    return render(http, "accounts/you.html", page, status=_status(form))


@never_cache
@safe_or_post
def git_passwords(http: SignedIn) -> HttpResponse:
    """Make a Git password, or a token for the API.

    It is shown in this answer and never again, so nothing is redirected.
    """
    if http.method != "POST":
        return redirect("accounts:you")
    form = OwnTokenForm(http.POST)
    if not form.is_valid():
        return _you(http, form)
    _, text = actions.make_own_token(
        form.cleaned_data["name"],
        Scope(form.cleaned_data["scope"]),
        days=form.cleaned_data["days"],
        by=http.user,
    )
    return _you(http, OwnTokenForm(), made=text)


@safe_or_post
def revoke_git_password(http: SignedIn, uuid: UUID) -> HttpResponse:
    token = lookups.token_of(http.user, uuid)
    if http.method != "POST":
        return render(
            http, "accounts/revoke_git_password.html", {"goes": [token.label], "token": token}
        )
    actions.revoke_token(token, by=http.user)
    messages.success(http, f"“{token.name}” opens nothing any more.")
    return redirect("accounts:you")


@require_POST
def sign_out_elsewhere(http: SignedIn) -> HttpResponse:
    count = actions.sign_out_elsewhere(keep=http.session.session_key, by=http.user)
    ended = f"{count} other browser{'' if count == 1 else 's'} signed out."
    messages.success(http, ended if count else "You are signed in nowhere else.")
    return redirect("accounts:you")


@require_POST
def time_zone(http: SignedIn) -> HttpResponse:
    form = ZoneForm(http.POST)
    if form.is_valid():
        actions.choose_time_zone(form.cleaned_data["zone"], by=http.user)
        messages.success(http, "Times are now shown in the zone you chose.")
    else:
        messages.error(http, "This time zone is not known; nothing was changed.")
    return redirect("accounts:you")


@never_cache
@sensitive_post_parameters("present", "password", "again")
@safe_or_post
def password(http: SignedIn) -> HttpResponse:
    form = OwnPasswordForm(http.user, http.POST or None)
    if not form.is_valid():
        return render(http, "accounts/password.html", {"form": form}, status=_status(form))
    actions.change_password(form.cleaned_data["password"], by=http.user)
    update_session_auth_hash(http, http.user)
    messages.success(http, "Your password is changed. Every other browser was signed out.")
    return redirect("accounts:you")
