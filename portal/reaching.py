"""Trying the way to an address stage by stage: its name, a connection, TLS.

For the page that tests connections. The stages go the way that calls go (`portal/outbound.py`):
past the proxy or to it, trusting whom calls trust. Nothing is sent but what TLS says by itself.
"""

import socket
import ssl
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from time import monotonic
from urllib.parse import urlsplit

from portal.errors import TrustUnreadable
from portal.outbound import WayOut

PORTS = {"https": 443, "http": 80, "ldaps": 636, "ldap": 389}
WITH_TLS = ("https", "ldaps")
MOST_ADDRESSES = 4  # of one name that are tried
AUTHORITY = "Put the authority that signed its certificate into the file of BERTH_CA_BUNDLE."
# by OpenSSL's code for what is wrong with a certificate
CERTIFICATES = {
    10: "Renew its certificate: it has expired.",
    62: "Write the name that stands in its certificate, or give it one for this name.",
    64: "Write the name that stands in its certificate, or give it one for this address.",
}


@dataclass(frozen=True)
class Tried:
    """One stage of a trial: whether it went well, what came back, and what to change if not.

    `ok` is None for a stage that was left out.
    """

    stage: str
    ok: bool | None
    came_back: str
    change: str = ""


Stages = Iterator[Tried]
Trial = Generator[Tried, None, bool]  # tells stages, and in the end whether all went well


def went(stage: str, came_back: str) -> Tried:
    """Return a stage that went well."""
    return Tried(stage, ok=True, came_back=came_back)


def failed(stage: str, came_back: str, change: str) -> Tried:
    """Return a stage that went wrong."""
    return Tried(stage, ok=False, came_back=came_back, change=change)


def left_out(stage: str, why: str) -> Tried:
    """Return a stage that was not tried."""
    return Tried(stage, ok=None, came_back=why)


@dataclass(frozen=True)
class _Goal:
    host: str
    port: int
    tls: bool
    named: str  # what people read: the address itself, or the proxy before it


def reached(address: str, way: WayOut, *, seconds: float) -> Trial:
    """Try name, connection and TLS of an address, each within so many seconds; stop at a failure.

    Where a proxy is between, it is the proxy that is reached, and TLS is left to the first call.
    """
    goal = _goal(address, way)
    found = _resolved(goal, seconds)
    if not found:
        told = f"Nobody knows the name {goal.host}, or the answer took longer than {seconds:g} s."
        change = "Correct the name, or have it known to the resolver of the machine Berth runs on."
        yield failed("Name", told, change)
        return False
    yield went("Name", f"{goal.named}: {', '.join(found)}")
    try:
        with _connected(found, goal.port, seconds) as plain:
            yield went("Connection", f"Port {goal.port} is open.")
            if not goal.tls:
                return True
            spoken = _spoken(plain, goal.host, way)
            yield spoken
            return spoken.ok is True
    except OSError as error:
        yield _unconnected(error, goal)
        return False


def _goal(address: str, way: WayOut) -> _Goal:
    parts = urlsplit(address)
    is_web = parts.scheme in ("https", "http")
    if is_web and way.proxy and not way.is_direct(address):
        proxy = urlsplit(way.proxy)
        port = proxy.port or PORTS.get(proxy.scheme, 80)
        host = proxy.hostname or ""
        return _Goal(host, port, tls=False, named=f"the proxy {host} before {parts.hostname}")
    host = parts.hostname or ""
    port = parts.port or PORTS.get(parts.scheme, 443)
    return _Goal(host, port, parts.scheme in WITH_TLS, host)


def _resolved(goal: _Goal, seconds: float) -> Sequence[str]:
    """Return the addresses of a name; the resolver itself cannot be told how long it may take."""
    found: list[str] = []

    def ask() -> None:
        try:
            told = socket.getaddrinfo(goal.host, goal.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(str(each[4][0]) for each in told))

    asking = Thread(target=ask, name="resolver", daemon=True)
    asking.start()
    asking.join(seconds)
    return found[:MOST_ADDRESSES]


@contextmanager
def _connected(addresses: Sequence[str], port: int, seconds: float) -> Iterator[socket.socket]:
    """Connect to the first address that lets us, all within the time. Raises OSError."""
    ends = monotonic() + seconds
    refusal: OSError = TimeoutError()
    for address in addresses:
        try:
            opened = socket.create_connection((address, port), max(0.1, ends - monotonic()))
        except OSError as error:
            refusal = error
            continue
        with opened:
            yield opened
        return
    raise refusal


def _spoken(plain: socket.socket, host: str, way: WayOut) -> Tried:
    """Begin TLS, and say with whom."""
    try:
        with way.trust().wrap_socket(plain, server_hostname=host) as spoken:
            ends = (spoken.getpeercert() or {}).get("notAfter", "at a time it does not tell")
            return went("TLS", f"{spoken.version()}, with a certificate that ends {ends}.")
    except TrustUnreadable as error:
        return failed("TLS", error.detail, "Mend the file of BERTH_CA_BUNDLE.")
    except ssl.SSLCertVerificationError as error:
        told = f"Its certificate does not prove who it is: {error.verify_message}."
        return failed("TLS", told, CERTIFICATES.get(error.verify_code, AUTHORITY))
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None)
        told = f"TLS could not be agreed on: {why or type(error).__name__}."
        return failed("TLS", told, "Check that this port speaks TLS, 1.2 or later.")


def _unconnected(error: OSError, goal: _Goal) -> Tried:
    if isinstance(error, TimeoutError):
        told = f"Port {goal.port} did not answer in time."
        change = "Open the way in firewalls and network policies from Berth to there."
    else:
        told = f"Port {goal.port} cannot be reached: {error.strerror or type(error).__name__}."
        change = "Start it, or correct the port; then look at firewalls and network policies."
    return failed("Connection", told, change)
