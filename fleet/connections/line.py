"""Kept HTTPS connections to one API server, whose every failure is one of our errors.

The official client is put on top of it. It would follow redirects with the token, try connections
again on its own and stumble over answers without a body; none of that reaches it this way.
"""

import ssl
from typing import Any

import urllib3
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from urllib3 import exceptions

from fleet.ports import Endpoint
from portal.errors import ClusterUnreachable, NotJoined
from portal.outbound import WayOut


class Refused(Exception):
    """The API server answered with another status than 2xx. Never leaves the adapters."""

    def __init__(self, status: int, body: str) -> None:
        self.status = status
        self.body = body
        super().__init__(status)


class Line:
    """What the client takes for its pool of connections."""

    def __init__(self, name: str, pool: urllib3.PoolManager, *, credential: str = "") -> None:
        self._name = name
        self._pool = pool
        self._credential = credential

    def request(self, method: str, url: str, **how: Any) -> urllib3.BaseHTTPResponse:
        """Send one request and read the whole answer, on a connection that nobody else uses now.

        Raises Refused for a status other than 2xx, ClusterUnreachable without a whole answer.
        """
        # preload: half a body has to fail here and not while somebody reads it
        how |= {"preload_content": True, "redirect": False, "retries": False}
        how["pool_timeout"] = _seconds(how.get("timeout"))
        try:
            answer = self._pool.request(method, url, **how)
        except exceptions.HTTPError as error:
            raise ClusterUnreachable(f"{self._name} {_in_words(error)}") from error
        if not 200 <= answer.status <= 299:
            raise Refused(answer.status, self._veiled(answer.data.decode(errors="replace")))
        return answer

    def _veiled(self, words: str) -> str:
        """Return the server's words without our credential, should it repeat what it was sent."""
        return words.replace(self._credential, "********") if self._credential else words


def _seconds(limit: Any) -> float | None:
    """Return the whole time of a limit as the official client gives it to its pool."""
    total = limit.total if isinstance(limit, urllib3.Timeout) else limit
    return total if isinstance(total, int | float) else None


def _in_words(error: exceptions.HTTPError) -> str:
    if isinstance(error, exceptions.SSLError):
        return f"did not prove with its certificate who it is: {error}"
    if isinstance(error, exceptions.ProxyError):
        return f"could not be reached through the proxy: {_why(error.original_error)}."
    # a refused connection is a kind of time-out to the library
    refused = isinstance(error, exceptions.NewConnectionError)
    # without a free connection all of them wait for answers
    slow = (exceptions.TimeoutError, exceptions.EmptyPoolError)
    if isinstance(error, slow) and not refused:
        return "did not answer in time."
    return f"could not be reached: {_why(error)}."


def _why(error: Exception) -> str:
    cause = error.__cause__
    # the library's own sentence names its classes; the system's is the one that people know
    why = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(error)
    return why.lower()


def rest_client(
    name: str,
    endpoint: Endpoint,
    *,
    credential: str = "",
    client_certificate: tuple[str, str] | None = None,
    connections: int,
    way: WayOut,
) -> RESTClientObject:
    """Return the official client's way of asking, on kept connections that verify the server.

    `credential` is the secret that requests will carry and no error may repeat;
    `client_certificate` the paths of certificate and key.
    """
    if not endpoint.server.startswith("https://"):
        raise NotJoined(f"The address of {name} does not begin with https://.")
    client = RESTClientObject(Configuration(host=endpoint.server))
    pool = way.pool(
        endpoint.server,
        trust=_trust(endpoint, client_certificate, way),
        maxsize=connections,
        block=True,
        server_hostname=endpoint.tls_server_name or None,
    )
    client.pool_manager = Line(name, pool, credential=credential)
    return client


def _trust(
    endpoint: Endpoint, client_certificate: tuple[str, str] | None, way: WayOut
) -> ssl.SSLContext:
    try:
        context = way.trust(endpoint.authority)
        if client_certificate is not None:
            context.load_cert_chain(*client_certificate)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise NotJoined(
            f"The certificates to reach the cluster with cannot be read: {error}"
        ) from error
    return context
