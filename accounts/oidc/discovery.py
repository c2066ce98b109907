"""What a provider says of itself: its addresses and algorithms, and its keys. Kept for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts import documents
from accounts import keys as issuers
from accounts.keys import Keys
from accounts.oidc import line
from accounts.oidc.providers import Provider
from portal.clock import now
from portal.errors import IssuerAway

KEPT_FOR = timedelta(hours=1)
AWAY_FOR = timedelta(seconds=15)  # nobody waits again so soon for what did not answer


@dataclass(frozen=True)
class Metadata:
    """The part of a discovery document that is used."""

    authorization: str
    token: str
    jwks: str
    end_session: str
    algorithms: Sequence[str]
    authenticates_by: str
    names_issuer: bool  # in every response, by RFC 9207


@dataclass(frozen=True)
class _Kept:
    at: datetime
    content: Mapping[str, Any]


_documents: dict[str, _Kept] = {}
_keys: dict[str, Keys] = {}
_away: dict[str, datetime] = {}


def metadata(provider: Provider) -> Metadata:
    """Return what the provider says of itself.

    Raises IssuerAway, also for a document of another issuer (OpenID Connect Discovery 4.3).
    """
    return told(provider, _document(provider))


def told(provider: Provider, found: Mapping[str, Any]) -> Metadata:
    """Return what a discovery document says. Raises IssuerAway for one that cannot be used."""
    offers = _listed(found, "id_token_signing_alg_values_supported")
    algorithms = [each for each in issuers.ALGORITHMS if each in offers]
    if not algorithms:
        raise IssuerAway("It signs by no algorithm that is accepted here.")
    return Metadata(
        authorization=_address(found, "authorization_endpoint"),
        token=_address(found, "token_endpoint"),
        jwks=_address(found, "jwks_uri"),
        end_session=_address(found, "end_session_endpoint", required=False),
        algorithms=algorithms,
        authenticates_by=_method(provider, _listed(found, "token_endpoint_auth_methods_supported")),
        names_issuer=found.get("authorization_response_iss_parameter_supported") is True,
    )


def keys(provider: Provider) -> Keys:
    """Return the provider's keys. Raises IssuerAway."""
    address = metadata(provider).jwks
    if address not in _keys:
        _keys[address] = Keys(line.way(), issuer=provider.issuer, address=address)
    return _keys[address]


def forget() -> None:
    """Forget everything that providers said."""
    _documents.clear()
    _keys.clear()
    _away.clear()


def _document(provider: Provider) -> Mapping[str, Any]:
    kept = _documents.get(provider.issuer)
    if kept is not None and now() - KEPT_FOR < kept.at <= now():
        return kept.content
    failed = _away.get(provider.issuer)
    if failed is not None and now() - AWAY_FOR < failed <= now():
        raise IssuerAway("It did not answer a moment ago.")
    try:
        content = issuers.discovered(provider.issuer, way=line.way(), limits=line.PATIENCE)
    except IssuerAway:
        _away[provider.issuer] = now()
        raise
    _documents[provider.issuer] = _Kept(now(), content)
    return content


def _address(found: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    """Return an address that is reached as safely as the issuer itself, never by plain HTTP."""
    value = found.get(name)
    if value is None and not required:
        return ""
    scheme = str(found["issuer"]).partition(":")[0]
    fits = isinstance(value, str) and value.startswith(f"{scheme}:")
    if not fits or not documents.can_be_asked(str(value)):
        raise IssuerAway(f"It gives no address by {scheme} as {name}.")
    return str(value)


def _listed(found: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = found.get(name)
    return value if isinstance(value, list) else ()


def _method(provider: Provider, supported: Sequence[Any]) -> str:
    """Return how the client proves itself. A document that lists none means HTTP Basic."""
    if not provider.secret:
        return "none"
    only_in_body = "client_secret_post" in supported and "client_secret_basic" not in supported
    return "client_secret_post" if only_in_body else "client_secret_basic"
