"""Who may read the figures: a machine with a token for it, or a network that settings name.

With neither, nobody: there is no default network.
"""

import ipaddress
from collections.abc import Iterator
from enum import Enum

from django.conf import settings
from django.http import HttpRequest

from accounts import addresses, tokens
from accounts.models import Scope
from accounts.workloads import admission
from portal.errors import Temporary


class Verdict(Enum):
    """What becomes of somebody who asks."""

    WELCOME = "welcome"
    STRANGER = "stranger"  # no token, or none that is good
    OTHER_SCOPE = "other scope"  # a good token for something else
    NOT_KNOWN = "not known"  # nobody can say now whether the token is good


def verdict(http: HttpRequest) -> Verdict:
    """Say whether whoever asks may read the figures."""
    if _is_near(http):
        return Verdict.WELCOME
    kind, _, text = http.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return Verdict.STRANGER
    text, address = text.strip(), addresses.of(http)
    if admission.looks_like_one(text):
        return _of_workload(text, address)
    if tokens.verify(text, Scope.METRICS, address=address):
        return Verdict.WELCOME
    known = tokens.recognised(text, address=address)
    return Verdict.OTHER_SCOPE if known else Verdict.STRANGER


def _of_workload(text: str, address: str | None) -> Verdict:
    try:
        workload = admission.admitted(text, address=address)
    except Temporary:
        return Verdict.NOT_KNOWN
    if workload is None:
        return Verdict.STRANGER
    return Verdict.WELCOME if Scope.METRICS in workload.scopes else Verdict.OTHER_SCOPE


def _is_near(http: HttpRequest) -> bool:
    """Say whether every address that the request came by is of a named network.

    Every one, so that no header that a client makes up helps it, and a proxy in front, known to
    settings or not, opens nothing to those behind it.
    """
    found = list(_addresses(http))
    return bool(found) and all(_is_named(each) for each in found)


def _addresses(http: HttpRequest) -> Iterator[str]:
    yield http.META.get("REMOTE_ADDR", "")
    forwarded = http.headers.get("X-Forwarded-For", "")
    yield from (word.strip() for word in forwarded.split(",") if forwarded)
    if "Forwarded" in http.headers:
        yield ""  # of a proxy that speaks otherwise: no address is believed


def _is_named(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in settings.BERTH_METRICS_FROM)
