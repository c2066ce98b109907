"""What the claims of an ID token say of a person: groups, names, and what is kept of the rest."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.oidc.providers import Provider
from portal.errors import GroupsUntold, TokenRefused, storable

MOST_GROUPS = 2000
LONGEST_GROUP = 110  # characters, so that the provider's slug finds room before it
MOST_KEPT = 65_536  # bytes of claims, as JSON
_OUTSIDE_NAMES = re.compile(r"[^a-z0-9._+-]+")


@dataclass(frozen=True)
class Names:
    """How a person is called. None of it says who they are."""

    first: str
    last: str
    email: str
    user: str  # the begin of a user name


def groups(claims: Mapping[str, Any], provider: Provider) -> frozenset[str]:
    """Return the provider's names of the person's groups. What is too long to keep is left out.

    Raises GroupsUntold where the provider left out the groups because they are too many, and
    TokenRefused where they have no form that can be read.
    """
    if not provider.groups_claim:
        return frozenset()
    elsewhere = claims.get("_claim_names")  # OpenID Connect Core 5.6.2; Entra ID beyond 200 groups
    if isinstance(elsewhere, Mapping) and provider.groups_claim in elsewhere:
        raise GroupsUntold
    found = _at(claims, provider.groups_claim)
    named = [found] if isinstance(found, str) else found or []
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise TokenRefused(f"The claim {provider.groups_claim} is no list of names.")
    if len(named) > MOST_GROUPS:
        raise GroupsUntold
    return frozenset(each for each in named if each and _fits(each))


def kept(claims: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    """Return the claims that the provider's entry wants kept. Raises TokenRefused."""
    found = {name: _clean(claims[name]) for name in provider.keep_claims if name in claims}
    try:
        length = len(json.dumps(found, allow_nan=False))
    except ValueError:
        raise TokenRefused("A claim that is kept holds no JSON value.") from None
    if length > MOST_KEPT:
        raise TokenRefused("The claims that are kept are too long.")
    return found


def names(claims: Mapping[str, Any]) -> Names:
    """Return how the person is called; what is missing or misshapen is empty."""
    whole = _text(claims, "name")
    first, _, last = whole.partition(" ")
    chosen = _text(claims, "preferred_username") or _text(claims, "email")
    user = _OUTSIDE_NAMES.sub("-", chosen.partition("@")[0].lower()).strip("-.")
    return Names(
        first=(_text(claims, "given_name") or first)[:150],
        last=(_text(claims, "family_name") or last.strip())[:150],
        email=_email(_text(claims, "email")),
        user=user[:60],
    )


def _at(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim by its name, or by a path such as realm_access.roles."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _fits(group: str) -> bool:
    return len(group) <= LONGEST_GROUP and group.isprintable() and storable(group) == group


def _clean(value: Any) -> Any:
    """Return a value of JSON whose texts databases can keep."""
    match value:
        case str():
            return storable(value)
        case list():
            return [_clean(each) for each in value]
        case dict():
            return {storable(name): _clean(each) for name, each in value.items()}
        case _:
            return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        return ""
    return " ".join(storable(value).split())[:300]


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text if len(text) <= 254 else ""
