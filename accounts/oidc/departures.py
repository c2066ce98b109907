"""Signing out at the provider too, and being signed out by it over the back channel."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from authlib.common.urls import add_params_to_uri
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from accounts import sessions
from accounts.models import Session, SpentToken, User
from accounts.oidc import arrivals, discovery, providers, tokens
from accounts.oidc.providers import Provider
from accounts.oidc.tokens import LogoutToken
from audit import ledger
from portal import vault
from portal.clock import now
from portal.errors import BerthError, TokenRefused

ONWARD = "sign_out_onward"
KEPT_FOR = tokens.LOGOUT_FRESH + timedelta(seconds=2 * providers.MOST_LEEWAY)


def onward(http: HttpRequest) -> tuple[str, str]:
    """Return the provider's name, and its address that ends the session there too.

    Both are empty for who did not come by a provider, or by one that has no such address or does
    not answer now. Ask before the session here has ended.
    """
    provider = providers.named(http.session.get(sessions.PROVIDER, ""))
    if provider is None:
        return "", ""
    try:
        address = discovery.metadata(provider).end_session
    except BerthError:
        address = ""
    if not address:
        return "", ""
    back = f"{settings.BERTH_URL.rstrip('/')}{reverse('accounts:signed-out')}"
    params = {"client_id": provider.client_id, "post_logout_redirect_uri": back}
    params |= _hint(http.session)
    return provider.label, str(add_params_to_uri(address, list(params.items())))


def keep(http: HttpRequest, label: str, address: str) -> None:
    """Keep the way onward for the page that is next, sealed: it holds the ID token."""
    http.session[ONWARD] = [label, vault.sealed(address)]


def kept(http: HttpRequest) -> tuple[str, str]:
    """Return what `keep` kept, or nothing."""
    try:
        label, address = http.session[ONWARD]
        return label, vault.opened(address)
    except (LookupError, ValueError):
        return "", ""


def _hint(session: Mapping[str, Any]) -> dict[str, str]:
    """Return the ID token, without which providers ask the person; with lost keys there is none."""
    try:
        return {"id_token_hint": vault.opened(session[sessions.HINT])}
    except (LookupError, ValueError):
        return {}


@transaction.atomic
def by_back_channel(text: str, provider: Provider) -> int:
    """End the sessions that a logout token names, at once; return how many.

    Raises TokenRefused, also for one that came before, and IssuerAway.
    """
    token = tokens.logout(text, provider)
    _spend(token.jti, provider)
    found = Session.objects.filter(_named(token, provider), provider=provider.slug)
    ended = dict.fromkeys(found.values_list("user_id", flat=True), 0)
    for key in ended:
        ended[key] = found.filter(user_id=key).delete()[0]
    for person in User.objects.filter(pk__in=ended):
        changes = {"sessions": (ended[person.pk], 0), "provider": (provider.slug, None)}
        ledger.note("was signed out", person.as_subject, by=provider.actor, changes=changes)
    return sum(ended.values())


def _named(token: LogoutToken, provider: Provider) -> Q:
    """Return which sessions are meant: a sign-in that named no session may be any of the person."""
    of_person = Q(user__issuer=provider.issuer, user__subject=token.sub)
    if not token.sid:
        return of_person
    of_session = Q(provider_sid=arrivals.marked(token.sid))
    return of_person & (of_session | Q(provider_sid="")) if token.sub else of_session


def _spend(jti: str, provider: Provider) -> None:
    """Let a token count once, in whichever process it comes."""
    SpentToken.objects.filter(until__lt=now()).delete()
    try:
        with transaction.atomic():
            SpentToken.objects.create(
                provider=provider.slug, jti=arrivals.marked(jti), until=now() + KEPT_FOR
            )
    except IntegrityError:
        raise TokenRefused("The claim jti was used before.") from None
