"""The authorization code flow: the way to the provider, and what comes back.

What was asked stands in the session under its `state` and counts once, for ten minutes, for the
provider that it was meant for.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.oidc import discovery, tokens
from accounts.oidc.discovery import Metadata
from accounts.oidc.line import Line
from accounts.oidc.providers import Provider
from portal.clock import now
from portal.errors import ProviderRefused, SignInExpired, TokenRefused, storable

UNDER_WAY = "sign_ins_under_way"
MOST_UNDER_WAY = 5  # of one browser, in as many tabs
PATIENCE = timedelta(minutes=10)
LONGEST_CODE = 4000


@dataclass(frozen=True)
class Arrival:
    """Somebody whom the provider vouches for, and where they wanted to go.

    `again` is the key of the person who is to prove afresh who they are, or None.
    """

    claims: Mapping[str, Any]
    id_token: str
    wanted: str
    again: str | None


def begin(http: HttpRequest, provider: Provider, *, wanted: str, again: str | None = None) -> str:
    """Return the provider's address to send the browser to.

    With `again` the provider is asked for a sign-in as fresh as its `step_up` says. Raises
    IssuerAway.
    """
    found = discovery.metadata(provider)
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    asked = _freshness(provider) if again is not None else {}
    address, _ = _client(provider, found).create_authorization_url(
        found.authorization, state=state, code_verifier=verifier, nonce=nonce, **asked
    )
    _remember(http, state, provider, nonce=nonce, verifier=verifier, wanted=wanted, again=again)
    return str(address)


def finish(http: HttpRequest, provider: Provider) -> Arrival:
    """Return who came back from the provider.

    Raises SignInExpired for an answer that nobody here asked for (any more), ProviderRefused,
    TokenRefused, IssuerAway.
    """
    asked = _taken(http, http.GET.get("state", ""))
    if asked is None:
        raise SignInExpired
    found = discovery.metadata(provider)
    _refuse_mix_up(http, provider, found, asked)
    if "error" in http.GET:
        raise ProviderRefused(_word(http.GET["error"]))
    given = _given(http.GET.get("code", ""), provider, found, asked["verifier"])
    again = asked["again"]
    step_up = provider.step_up if again is not None else None
    expected = tokens.Expected(
        nonce=asked["nonce"],
        access_token=given.get("access_token") or "",
        max_age=step_up.max_age if step_up else None,
        acr_values=tuple(step_up.acr_values) if step_up else (),
    )
    claims = tokens.identity(given["id_token"], provider, expected)
    return Arrival(claims, given["id_token"], asked["wanted"], again)


def redeem_nothing(provider: Provider, found: Metadata) -> None:
    """Redeem a code that the provider never gave out, to see whether it knows the client.

    Raises ProviderRefused with the provider's word for it, TokenRefused, IssuerAway.
    """
    _given(f"none-{secrets.token_urlsafe(16)}", provider, found, secrets.token_urlsafe(48))


def return_address(provider: Provider) -> str:
    """Return where the provider sends people back to: one address for each provider."""
    path = reverse("accounts:oidc-return", args=(provider.slug,))
    return f"{settings.BERTH_URL.rstrip('/')}{path}"


def _client(provider: Provider, found: Metadata) -> OAuth2Client:
    return OAuth2Client(
        session=Line(),
        client_id=provider.client_id,
        client_secret=provider.secret,
        token_endpoint_auth_method=found.authenticates_by,
        scope=" ".join(provider.scopes),
        redirect_uri=return_address(provider),
        code_challenge_method="S256",
    )


def _freshness(provider: Provider) -> dict[str, str]:
    if provider.step_up is None:
        return {}
    seconds = int(provider.step_up.max_age.total_seconds())
    classes = " ".join(provider.step_up.acr_values)
    return {"max_age": str(seconds)} | ({"acr_values": classes} if classes else {})


def _remember(http: HttpRequest, state: str, provider: Provider, **asked: str | None) -> None:
    under_way = http.session.get(UNDER_WAY, {})
    newest = sorted(under_way.items(), key=lambda each: each[1]["at"])[1 - MOST_UNDER_WAY :]
    what = {"provider": provider.slug, "at": now().isoformat(), **asked}
    http.session[UNDER_WAY] = dict(newest) | {state: what}


def _taken(http: HttpRequest, state: str) -> dict[str, Any] | None:
    """Return what was asked under this state, and forget it at once, whatever comes of it."""
    under_way = dict(http.session.get(UNDER_WAY, {}))
    asked = under_way.pop(state, None)
    if asked is None:
        return None
    http.session[UNDER_WAY] = under_way
    http.session.save()
    is_fresh = now() - PATIENCE < datetime.fromisoformat(asked["at"]) <= now()
    return asked if is_fresh else None


def _refuse_mix_up(
    http: HttpRequest, provider: Provider, found: Metadata, asked: Mapping[str, Any]
) -> None:
    """Refuse the answer of one provider to a question that another one was asked (RFC 9207)."""
    said = http.GET.get("iss")
    if asked["provider"] != provider.slug:
        raise TokenRefused("Another provider answered than the one that was asked.")
    if said != provider.issuer and (said is not None or found.names_issuer):
        raise TokenRefused("The parameter iss names another issuer.")


def _given(code: str, provider: Provider, found: Metadata, verifier: str) -> dict[str, Any]:
    """Exchange the code for the tokens."""
    if not 0 < len(code) <= LONGEST_CODE:
        raise TokenRefused("No code came back.")
    try:
        given = _client(provider, found).fetch_token(
            found.token, grant_type="authorization_code", code=code, code_verifier=verifier
        )
    except AuthlibBaseError as error:
        raise ProviderRefused(_word(error.error)) from None
    except (ValueError, TypeError, LookupError):
        raise TokenRefused("The answer with the tokens cannot be read.") from None
    if not isinstance(given.get("id_token"), str):
        raise TokenRefused("No ID token came back.")
    if not isinstance(given.get("access_token", ""), str):
        raise TokenRefused("The access token is no text.")
    return dict(given)


def _word(error: object) -> str:
    """Return the provider's code of an error, such as access_denied; never its longer words."""
    text = storable(str(error))[:60]
    return text if text.replace("_", "").isalnum() else "error"
