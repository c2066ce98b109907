"""Networks that a token may be used from, as people write them and as calls are held to them."""

import ipaddress
import re
from collections.abc import Sequence

MOST = 20  # networks of one token


def parsed(text: str) -> list[str]:
    """Return networks in their short form; they are divided by commas, blanks or lines.

    Raises ValueError with a sentence for people.
    """
    words = [word for word in re.split(r"[\s,]+", text) if word]
    if len(words) > MOST:
        raise ValueError(f"A token has at most {MOST} networks.")
    return list(dict.fromkeys(_network(word) for word in words))


def _network(word: str) -> str:
    try:
        return str(ipaddress.ip_network(word))
    except ValueError as error:
        raise ValueError(
            f"“{word[:60]}” is no network. Write one like 10.20.0.0/16, or an address."
        ) from error


def admit(networks: Sequence[str], address: str | None) -> bool:
    """Say whether a call from the address is let in. Without networks every address is.

    An address that is not known is in none of them.
    """
    if not networks:
        return True
    if address is None:
        return False
    here = ipaddress.ip_address(address)
    # what a socket for both versions says of a caller by IPv4
    plain = getattr(here, "ipv4_mapped", None) or here
    return any(plain in ipaddress.ip_network(network) for network in networks)
