"""The one way out: which proxy calls to others take, and whose certificates they trust.

Every adapter that speaks HTTP is given it, and opens its connections with it. Variables such as
HTTPS_PROXY are not looked at: a proxy learns where the portal calls, so it is named on purpose.
"""

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3

from portal.errors import TrustUnreadable

_NAME = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True)
class WayOut:
    """How connections leave. With nothing given: directly, trusting whom the machine trusts.

    `bundle` is a PEM file of authorities, trusted instead of the machine's. `direct` holds who is
    called past the proxy: names with all that is below them, addresses, networks, or `*`.
    """

    bundle: Path | None = None
    proxy: str = field(default="", repr=False)  # may hold a password
    direct: Sequence[str] = ()

    def trust(self, authority: str = "") -> ssl.SSLContext:
        """Return who is believed: the authority (PEM) alone, else the bundle, else the machine's.

        Raises TrustUnreadable for the bundle; ssl.SSLError or ValueError for the authority.
        """
        # as made, a client context demands a certificate and checks the name in it
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if authority:
            context.load_verify_locations(cadata=authority)
        elif self.bundle is not None:
            _load(self.bundle, context)
        else:
            context.load_default_certs()
        return context

    def pool(self, address: str, *, trust: ssl.SSLContext, **how: Any) -> urllib3.PoolManager:
        """Return connections to one https address; `how` is what urllib3 takes for its pools.

        Raises TrustUnreadable.
        """
        how |= {"num_pools": 1, "ssl_context": trust}
        if not self.proxy or self.is_direct(address):
            return urllib3.PoolManager(**how)
        named = urlsplit(self.proxy)
        return urllib3.ProxyManager(
            named._replace(netloc=named.netloc.rpartition("@")[2]).geturl(),
            proxy_headers=_credentials(named.username, named.password),
            # a proxy that is itself reached by TLS has no authority of its own in any record
            proxy_ssl_context=self.trust() if named.scheme == "https" else None,
            **how,
        )

    def is_direct(self, address: str) -> bool:
        """Say whether the address is called past the proxy. Names are not resolved for that."""
        host = (urlsplit(address).hostname or "").rstrip(".")
        return any(_covers(entry.lower(), host) for entry in self.direct)

    def misfits(self) -> list[str]:
        """Return the entries of `direct` that can never fit, such as those with a port."""
        return [entry for entry in self.direct if not (_NAME.fullmatch(entry) or _network(entry))]


def _load(bundle: Path, context: ssl.SSLContext) -> None:
    try:
        context.load_verify_locations(cafile=bundle)
    except ssl.SSLError as error:
        raise TrustUnreadable(f"{bundle} holds no certificate in PEM.") from error
    except OSError as error:
        raise TrustUnreadable(f"{bundle} cannot be read: {error.strerror}.") from error


def _credentials(name: str | None, password: str | None) -> dict[str, str]:
    if name is None:
        return {}
    both = f"{unquote(name)}:{unquote(password or '')}"
    return dict(urllib3.make_headers(proxy_basic_auth=both))


def _covers(entry: str, host: str) -> bool:
    network, number = _network(entry), _network(host)
    if network and number:
        return network.version == number.version and number[0] in network
    name = entry.lstrip(".")
    return entry == "*" or host == name or host.endswith(f".{name}")


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """Return an address, or a network, as a network."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
