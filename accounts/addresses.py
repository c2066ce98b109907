"""Where a web request comes from, as far as it can be believed."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def of(http: HttpRequest) -> str | None:
    """Return the client's address, or None where there is none (a Unix socket)."""
    return in_environ(http.META)


def in_environ(environ: Mapping[str, Any]) -> str | None:
    """Return the client's address from a WSGI environment.

    Behind a proxy that is the last word of X-Forwarded-For, because the proxy itself wrote it; the
    words before it are the client's own.
    """
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "") if settings.BERTH_BEHIND_PROXY else ""
    return _address(forwarded.rpartition(",")[2]) or _address(environ.get("REMOTE_ADDR", ""))


def _address(text: str) -> str | None:
    try:
        # the zone of a link-local address means something on one machine only
        return str(ipaddress.ip_address(text.strip().partition("%")[0]))
    except ValueError:
        return None
