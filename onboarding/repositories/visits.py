"""What Git asks over HTTP and who says to be asking: read from a WSGI environment, no trust yet."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeAlias

Environ: TypeAlias = Mapping[str, Any]

READ, WRITE = "git-upload-pack", "git-receive-pack"
CHUNK = 64 * 1024
CREDENTIALS_LIMIT = 1024  # characters of an Authorization header

_PATH = re.compile(
    r"/(?P<repository>[a-z][a-z0-9-]*(?:/[a-z][a-z0-9-]*)*)\.git"
    r"/(?P<endpoint>info/refs|git-upload-pack|git-receive-pack)"
)


@dataclass(frozen=True)
class Visit:
    """Who says to be whom, and what is asked of which repository."""

    username: str
    password: str
    repository: str
    writes: bool
    environ: Environ  # for the client's address only


@dataclass(frozen=True)
class Admitted:
    """A visitor who may come in, and what a push of theirs may change."""

    name: str
    may_develop: bool = False
    may_release: bool = False


class Refusal(Enum):
    """Why a visitor may not come in. Absent and invisible repositories are one answer."""

    UNKNOWN = "401 Unauthorized"
    INVISIBLE = "404 Not Found"
    READ_ONLY = "403 Forbidden"


Admit: TypeAlias = Callable[[Visit], Admitted | Refusal]


@dataclass(frozen=True)
class Asked:
    """A request that has the form of Git's own."""

    repository: str
    endpoint: str
    service: str


class Body(Protocol):
    def read(self, size: int, /) -> bytes: ...


class TooLarge(Exception):
    """The push is larger than allowed."""


class ClientGone(Exception):
    """The connection ended in the middle of a request."""


def asked(environ: Environ) -> Asked | None:
    """Return what is asked, if it is one of the three requests that Git makes."""
    path = _PATH.fullmatch(environ.get("PATH_INFO", ""))
    if path is None:
        return None
    repository, endpoint = path["repository"], path["endpoint"]
    method, query = environ.get("REQUEST_METHOD"), environ.get("QUERY_STRING", "")
    if endpoint != "info/refs":
        return Asked(repository, endpoint, endpoint) if method == "POST" and not query else None
    service = query.removeprefix("service=")
    if method != "GET" or query != f"service={service}" or service not in {READ, WRITE}:
        return None
    return Asked(repository, endpoint, service)


def basic(environ: Environ) -> tuple[str, str] | None:
    scheme, _, encoded = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic" or len(encoded) > CREDENTIALS_LIMIT:
        return None
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon and name and password else None


def is_chunked(environ: Environ) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def body(environ: Environ, limit: int) -> Iterator[bytes]:
    """Give the request's body as it comes. Raises TooLarge and ClientGone."""
    source: Body = environ["wsgi.input"]
    if is_chunked(environ):
        yield from _until_end(source, limit)
        return
    length = environ.get("CONTENT_LENGTH", "")
    expected = int(length) if length.isascii() and length.isdigit() else 0
    if expected > limit:
        raise TooLarge
    yield from _exactly(source, expected)


def _until_end(source: Body, limit: int) -> Iterator[bytes]:
    left = limit
    while chunk := _read(source, CHUNK):
        left -= len(chunk)
        if left < 0:
            raise TooLarge
        yield chunk


def _exactly(source: Body, length: int) -> Iterator[bytes]:
    left = length
    while left:
        chunk = _read(source, min(CHUNK, left))
        if not chunk:
            raise ClientGone(f"{left} bytes were still to come.")
        left -= len(chunk)
        yield chunk


def _read(source: Body, size: int) -> bytes:
    try:
        return source.read(size)
    except OSError as error:
        raise ClientGone(str(error)) from error
