"""Where a web request comes from, as far as it can be believed."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def of(http: HttpRequest) -> str | None:
    """Return the client's address, or None where there is none (a Unix socket).

    Behind a proxy that is the last word of X-Forwarded-For, because the proxy itself wrote it; the
    words before it are the client's own.
    """
    forwarded = http.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BERTH_BEHIND_PROXY else ""
    return _address(forwarded.rpartition(",")[2]) or _address(http.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None
