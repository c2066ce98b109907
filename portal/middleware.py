"""What holds for every request, whichever room answers: a line in the log, headers, refusals."""

import ipaddress
import logging
from collections.abc import Callable, Iterator
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

FOR_MACHINES = frozenset({"/livez", "/readyz", "/metrics"})  # asked every few seconds, for ever
LONGEST_PATH = 300  # characters of an address in the log

log = logging.getLogger("portal.requests")


def logged(get_response: GetResponse) -> GetResponse:
    """Write a line for every answer: never the query, the form or a header, which hold secrets."""

    def answer(http: HttpRequest) -> HttpResponse:
        begun = monotonic()
        response = get_response(http)
        if http.path not in FOR_MACHINES:
            took = round((monotonic() - begun) * 1000)
            path = http.path[:LONGEST_PATH]
            log.info("%s %s %s in %s ms", http.method, path, response.status_code, took)
        return response

    return answer


def reached_by_address(get_response: GetResponse) -> GetResponse:
    """Let probes and Prometheus ask a process by its bare address, which no list of hosts has.

    A name that we do not answer to is still refused: browsers can be led here by one.
    """

    def answer(http: HttpRequest) -> HttpResponse:
        if http.path in FOR_MACHINES and _is_address(http.META.get("HTTP_HOST", "")):
            http.META["HTTP_HOST"] = urlsplit(settings.BERTH_URL).netloc
        return get_response(http)

    return answer


def _is_address(host: str) -> bool:
    bare = host.rpartition("]")[0].lstrip("[") or host.partition(":")[0]
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return True


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add the headers that Django's own security middleware does not know."""

    def answer(http: HttpRequest) -> HttpResponse:
        response = get_response(http)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return answer


def null_refused(get_response: GetResponse) -> GetResponse:
    """Refuse the null character in addresses and forms: PostgreSQL can store none."""

    def answer(http: HttpRequest) -> HttpResponse:
        if any("\0" in text for text in _texts(http)):
            raise BadRequest("A null character was sent.")
        return get_response(http)

    return answer


def _texts(http: HttpRequest) -> Iterator[str]:
    yield http.path_info
    for given in (http.GET, http.POST):
        for name, values in given.lists():
            yield name
            yield from values
