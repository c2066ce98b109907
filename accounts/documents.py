"""JSON documents that issuers of identities publish: read within limits, by the way out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions

from portal.errors import IssuerAway
from portal.outbound import WayOut

HERE = frozenset({"127.0.0.1", "::1", "localhost"})
CHUNK = 16_384  # bytes


@dataclass(frozen=True)
class Limits:
    """How long an issuer may take for one document, in seconds, and its largest size in bytes."""

    seconds: float = 3.0
    size: int = 262_144


USUAL = Limits()


@dataclass(frozen=True)
class Answered:
    """A whole answer; `date` is its header, or "" without one."""

    status: int
    body: bytes
    date: str


def can_be_asked(address: str) -> bool:
    """Say whether an address is safe to ask: by TLS, or on this very machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        usable = parts.port != 0 and parts.username is None
    except ValueError:  # the port is no number
        return False
    return usable and ((parts.scheme == "https" and host != "") or _is_here(parts.scheme, host))


def _is_here(scheme: str, host: str) -> bool:
    return scheme == "http" and host in HERE


def read(address: str, *, way: WayOut, limits: Limits) -> Mapping[str, Any]:
    """Return the object that is published at the address.

    No redirect is followed and nothing is tried again. Raises IssuerAway in words without a whole
    JSON object in time, TrustUnreadable.
    """
    if not can_be_asked(address):
        raise IssuerAway(f"{address[:200]} is no address with https://.")
    try:
        status, body = asked("GET", address, way=way, limits=limits)
        if status != 200:
            raise IssuerAway(f"{address} answered with status {status}.")
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise IssuerAway(f"{address} answered something that is not JSON.") from error
    if not isinstance(said, dict):
        raise IssuerAway(f"{address} answered JSON that is no object.")
    return said


def asked(
    method: str, address: str, *, way: WayOut, limits: Limits, body: str = "", **headers: str
) -> tuple[int, bytes]:
    """Return status and body of one whole answer, whatever its status is.

    Raises IssuerAway in words without one in time, TrustUnreadable.
    """
    said = answered(method, address, way=way, limits=limits, body=body, **headers)
    return said.status, said.body


def answered(
    method: str, address: str, *, way: WayOut, limits: Limits, body: str = "", **headers: str
) -> Answered:
    """Return one whole answer, as `asked` does, with the time that its sender has."""
    ends_at = monotonic() + limits.seconds
    with way.pool(address, trust=way.trust(), timeout=limits.seconds, retries=False) as pool:
        try:
            answer = pool.request(
                method,
                address,
                headers={"Accept": "application/json", "User-Agent": "berth/1", **headers},
                body=body or None,
                preload_content=False,
                redirect=False,
            )
            pieces = _pieces(answer, address, ends_at=ends_at, size=limits.size)
            return Answered(answer.status, b"".join(pieces), answer.headers.get("Date", ""))
        except exceptions.HTTPError as error:
            raise IssuerAway(f"{address} {_in_words(error)}") from error


def _pieces(
    answer: urllib3.BaseHTTPResponse, address: str, *, ends_at: float, size: int
) -> Iterator[bytes]:
    """Yield the body as it comes, so that one that drips or never ends is left in time."""
    read = 0
    while piece := answer.read1(CHUNK):
        read += len(piece)
        if read > size:
            raise IssuerAway(f"{address} answered more than {size} bytes.")
        if monotonic() > ends_at:
            raise IssuerAway(f"{address} did not answer in time.")
        yield piece


def _in_words(error: exceptions.HTTPError) -> str:
    """Say what failed without the library's words, which repeat addresses and classes."""
    if isinstance(error, exceptions.SSLError):
        return "did not prove with its certificate who it is."
    if isinstance(error, exceptions.ProxyError):
        return "could not be reached through the proxy."
    # a refused connection is a kind of time-out to the library
    refused = isinstance(error, exceptions.NewConnectionError)
    if isinstance(error, exceptions.TimeoutError) and not refused:
        return "did not answer in time."
    if isinstance(error, exceptions.ProtocolError):
        return "broke off in mid-answer."
    return "could not be reached."
