"""Trying the connection to an identity provider: what it publishes, and whether it knows us."""

from accounts import trials
from accounts.oidc import discovery, flow, line
from accounts.oidc.discovery import Metadata
from accounts.oidc.providers import Provider
from portal.errors import IssuerAway, ProviderRefused, TokenRefused
from portal.reaching import Stages, failed, left_out, went

# what a token endpoint says of a code that nobody gave out, to a client that it knows
KNOWN = "invalid_grant"
STRANGERS = ("invalid_client", "unauthorized_client")


def tried(provider: Provider) -> Stages:
    """Try everything that a sign-in needs before a person is asked."""
    found = yield from trials.discovered(
        provider.issuer, way=line.way(), limits=line.PATIENCE, leeway=provider.leeway
    )
    if found is None:
        return
    try:
        metadata = discovery.told(provider, found)
    except IssuerAway as error:
        change = "Let its document name authorization, token and key addresses by https, and RS256."
        yield failed("Addresses", trials.shown(error.detail), change)
        return
    told = (
        f"All by {provider.issuer.partition(':')[0]}; it signs by {', '.join(metadata.algorithms)}."
    )
    yield went("Addresses", told)
    if (yield from trials.published(metadata.jwks, way=line.way(), limits=line.PATIENCE)):
        yield from _client(provider, metadata)


def _client(provider: Provider, found: Metadata) -> Stages:
    """Hand in a code that nobody gave out: who knows the client refuses the code only."""
    try:
        flow.redeem_nothing(provider, found)
    except ProviderRefused as error:
        word = error.detail
    except (TokenRefused, IssuerAway) as error:
        yield left_out("Client", f"It does not tell whether it knows the client: {error.detail}")
        return
    else:
        word = ""
    if word == KNOWN:
        yield went("Client", f"It knows {provider.client_id}, and its secret if there is one.")
    elif word in STRANGERS:
        change = "Correct `client_id`, or the secret in the variable that `client_secret` names."
        yield failed("Client", f"It does not take {provider.client_id}: {word}.", change)
    else:
        yield left_out(
            "Client", f"It does not tell whether it knows the client: {word or 'nothing'}."
        )
