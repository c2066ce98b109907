"""Trying what an issuer publishes, stage by stage: its documents, its name, its keys, its clock.

Sign-in by OpenID Connect and the tokens of workloads both rest on these.
"""

import json
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any

from accounts import documents, keys
from accounts.documents import Limits
from portal import reaching
from portal.clock import now
from portal.errors import IssuerAway, TrustUnreadable, storable
from portal.outbound import WayOut
from portal.reaching import Trial, Tried, failed, left_out, went

SHOWN = 200  # characters of what an issuer says
CHANGES = {
    401: "Let it publish this without a sign-in, or correct the address.",
    403: "Let it publish this without a sign-in, or correct the address.",
    404: "Correct `issuer`: the document is below it. Some products need a path, such as a realm.",
}
FAILS = "Look at its log of this moment; it is not Berth that fails here."
ELSEWHERE = "Make sure that the address is the issuer's own, and no page of a portal or a proxy."
NAMED = "Write `issuer` exactly as it calls itself, to the last slash: tokens carry that name."

Document = Generator[Tried, None, Mapping[str, Any] | None]


def discovered(issuer: str, *, way: WayOut, limits: Limits, leeway: timedelta) -> Document:
    """Go the way to an issuer's discovery document, and return it if it speaks for this issuer."""
    if not (yield from reaching.reached(issuer, way, seconds=limits.seconds)):
        return None
    address = f"{issuer.rstrip('/')}{keys.WELL_KNOWN}"
    found = yield from _document("Discovery", address, way=way, limits=limits, leeway=leeway)
    if found is None:
        return None
    called = found.get("issuer")
    if called != issuer:
        told = f"It calls itself {shown(called)}, and {issuer} is configured."
        yield failed("Issuer", told, NAMED)
        return None
    yield went("Issuer", f"It calls itself {issuer}.")
    return found


def published(address: str, *, way: WayOut, limits: Limits) -> Trial:
    """Fetch the keys at an address, and say with how many of them tokens can be verified."""
    found = yield from _document("Keys", address, way=way, limits=limits, leeway=None)
    return found is not None and (yield from usable(found))


def usable(document: Mapping[str, Any]) -> Trial:
    """Say how many keys of a key set can verify."""
    try:
        found = keys.usable(document)
    except IssuerAway as error:
        change = "Let it publish an RSA key of 2048 bits or more, or an EC key, for signatures."
        yield failed("Keys that verify", error.detail, change)
        return False
    kinds = ", ".join(sorted({each.key_type for each in found}))
    yield went("Keys that verify", f"{len(found)} of kind {kinds}.")
    return True


def _document(
    stage: str, address: str, *, way: WayOut, limits: Limits, leeway: timedelta | None
) -> Document:
    if not documents.can_be_asked(address):
        yield failed(stage, f"{shown(address)} is no address with https://.", ELSEWHERE)
        return None
    began = monotonic()
    try:
        said = documents.answered("GET", address, way=way, limits=limits)
    except (IssuerAway, TrustUnreadable) as error:
        yield failed(stage, error.detail, "Make sure that it runs and can be reached from here.")
        return None
    took = f"{address} answered with status {said.status} in {(monotonic() - began) * 1000:.0f} ms."
    if said.status != 200:
        yield failed(stage, took, CHANGES.get(said.status, FAILS))
        return None
    try:
        found = json.loads(said.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        yield failed(stage, f"{took} It is no JSON object.", ELSEWHERE)
        return None
    yield went(stage, took)
    if leeway is not None:
        yield from _clock(said.date, leeway)
    return found


def _clock(date: str, leeway: timedelta) -> Iterator[Tried]:
    """Compare clocks; an answer that took a second makes them differ by that."""
    theirs = _moment(date)
    if theirs is None:
        yield left_out("Clock", "It does not tell its time.")
        return
    ahead = theirs - now()
    seconds = ahead.total_seconds()
    told = f"Its clock is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}."
    if abs(ahead) <= leeway:
        yield went("Clock", told)
    else:
        yield failed(
            "Clock", told, "Set both clocks by NTP: its tokens come too early or too late."
        )


def _moment(date: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(date)
    except ValueError:
        return None
    return found if found.tzinfo else None


def shown(said: object) -> str:
    """Return what an issuer said, cut and fit to be shown."""
    text = storable(str(said))
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
