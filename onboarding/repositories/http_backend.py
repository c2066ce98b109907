"""Git over HTTP: a WSGI application that streams `git http-backend` and asks who comes.

Only the three smart endpoints of a repository are served. It stands beside Django, which would
read a whole push into memory, or nothing of a chunked one.
"""

import fcntl
import logging
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from wsgiref.types import StartResponse

from onboarding.repositories import visits
from onboarding.repositories.backend_process import BackendFailed, BackendProcess
from onboarding.repositories.visits import (
    WRITE,
    Admit,
    Admitted,
    Asked,
    ClientGone,
    Environ,
    Refusal,
    TooLarge,
    Visit,
)

log = logging.getLogger(__name__)

HOOKS = Path(__file__).resolve().parent / "hooks"
RETRY_AFTER = "5"  # seconds; most fetches take less

_PROTOCOL = re.compile(r"[a-z0-9=:]{1,100}")  # of the header Git-Protocol, such as version=2


@dataclass(frozen=True)
class Limits:
    """How much at once, for how long (seconds), and how large a push (bytes)."""

    threads: int
    seconds: float
    push_bytes: int


def tell_nobody(_repository: str) -> None:
    """Do without a hint after pushes."""


class GitFront:
    """The application. `admit` decides about visitors; `pushed` hears of each push afterwards.

    `pushed` is a hint and must not raise: it is called when the answer has been given.
    """

    def __init__(
        self,
        folder: Path,
        admit: Admit,
        limits: Limits,
        pushed: Callable[[str], None] = tell_nobody,
    ) -> None:
        self._folder = folder.absolute()
        self._admit = admit
        self._limits = limits
        self._pushed = pushed
        self._slots = BoundedSemaphore(limits.threads)
        self._git = shutil.which("git") or "/usr/bin/git"
        if not os.access(HOOKS / "update", os.X_OK):
            # Git passes over a hook that it may not run, and nothing would be protected
            raise PermissionError(f"{HOOKS / 'update'} must be executable.")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        who = visits.basic(environ)
        if who is None:
            return _refuse(start_response, Refusal.UNKNOWN)
        asked = visits.asked(environ)
        if asked is None:
            return _refuse(start_response, Refusal.INVISIBLE)
        visit = Visit(*who, asked.repository, asked.service == WRITE, environ)
        verdict = self._admit(visit)
        if isinstance(verdict, Refusal):
            return _refuse(start_response, verdict)
        return self._serve(environ, start_response, asked, verdict)

    def _serve(
        self, environ: Environ, start_response: StartResponse, asked: Asked, who: Admitted
    ) -> Iterable[bytes]:
        if not (self._folder / f"{asked.repository}.git" / "berth" / "owner").exists():
            return _refuse(start_response, Refusal.INVISIBLE)
        if not self._slots.acquire(blocking=False):
            return _busy(start_response)
        with ExitStack() as stack:
            stack.callback(self._slots.release)
            try:
                process = self._start(environ, asked, who, stack)
                process.feed(visits.body(environ, self._limits.push_bytes))
                status, headers = _head(process.headers())
            except (TooLarge, ClientGone, BackendFailed, BlockingIOError) as error:
                log.warning("git %s %s: %s", asked.endpoint, asked.repository, error)
                return _failed(start_response, error)
            start_response(status, headers)
            return Answer(process.body(), stack.pop_all())

    def _start(
        self, environ: Environ, asked: Asked, who: Admitted, stack: ExitStack
    ) -> BackendProcess:
        """Start the backend; the stack ends it, and tells of a push after that."""
        if asked.endpoint == WRITE:
            stack.callback(self._pushed, asked.repository)
        held = _held(self._folder / f"{asked.repository}.git", stack)
        process = BackendProcess(
            [self._git, "http-backend"],
            self._env(environ, asked, who),
            seconds=self._limits.seconds,
            hang_up=partial(_hang_up, environ),
            keep_open=held,
        )
        stack.callback(_note_end, process, asked)
        return process

    def _env(self, environ: Environ, asked: Asked, who: Admitted) -> dict[str, str]:
        """Return the whole environment of the backend: nothing of ours or the user's is in it."""
        protocol = environ.get("HTTP_GIT_PROTOCOL", "")
        given = {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "HOME": "/nonexistent",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_PROJECT_ROOT": str(self._folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{asked.repository}.git/{asked.endpoint}",
            "QUERY_STRING": f"service={asked.service}" if asked.endpoint == "info/refs" else "",
            "REQUEST_METHOD": "GET" if asked.endpoint == "info/refs" else "POST",
            "REMOTE_USER": who.name,
            "REMOTE_ADDR": str(environ.get("REMOTE_ADDR", "")),
            "CONTENT_TYPE": str(environ.get("CONTENT_TYPE", "")),
            # Never told: where the body ends early, the backend would wait for the rest by running
            # in circles, for ever if we were killed meanwhile. Without it, it reads to the end.
            "CONTENT_LENGTH": "",
            "HTTP_CONTENT_ENCODING": str(environ.get("HTTP_CONTENT_ENCODING", "")),
            "HTTP_GIT_PROTOCOL": protocol if _PROTOCOL.fullmatch(protocol) else "",
            "BERTH_MAY_DEVELOP": "yes" if who.may_develop else "no",
            "BERTH_MAY_RELEASE": "yes" if who.may_release else "no",
        }
        return given | _config(self._settings(asked))

    def _settings(self, asked: Asked) -> dict[str, str]:
        """Return Git's settings, which stand above those in the repository itself."""
        return {
            "safe.directory": str(self._folder / f"{asked.repository}.git"),
            "core.hooksPath": str(HOOKS),
            "http.getanyfile": "false",
            "http.receivepack": "true" if asked.service == WRITE else "false",
            "transfer.hideRefs": "refs/berth",
            "receive.fsckObjects": "true",
            "receive.maxInputSize": str(self._limits.push_bytes),
            # one clone must not take every core and all memory
            "pack.threads": "1",
            "pack.windowMemory": "64m",
            "core.bigFileThreshold": "16m",
        }


class Answer:
    """The streamed answer; servers call `close` at its end, or when the client has gone."""

    def __init__(self, body: Iterator[bytes], stack: ExitStack) -> None:
        self._body = body
        self._stack = stack

    def __iter__(self) -> Iterator[bytes]:
        return self._body

    def close(self) -> None:
        self._stack.close()


def _held(place: Path, stack: ExitStack) -> tuple[int, ...]:
    """Keep the repository from being taken away while it is served.

    The backend inherits the lock, so it holds as long as any process of it works.
    Raises BlockingIOError when the repository is being taken away at this moment.
    """
    marker = stack.enter_context((place / "berth" / "pushing").open())
    fcntl.flock(marker, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return (marker.fileno(),)


def _config(values: Mapping[str, str]) -> dict[str, str]:
    """Return settings in the form that Git reads from its environment."""
    given = {"GIT_CONFIG_COUNT": str(len(values))}
    for number, (key, value) in enumerate(values.items()):
        given[f"GIT_CONFIG_KEY_{number}"] = key
        given[f"GIT_CONFIG_VALUE_{number}"] = value
    return given


def _hang_up(environ: Environ) -> None:
    """Stop reading from the client, where the server lets us at the connection."""
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)


# What is answered


def _head(headers: Mapping[str, str]) -> tuple[str, list[tuple[str, str]]]:
    kept = {name: value for name, value in headers.items() if name.lower() != "status"}
    status = next((value for name, value in headers.items() if name.lower() == "status"), "200 OK")
    return status, [*kept.items(), ("X-Content-Type-Options", "nosniff")]


def _note_end(process: BackendProcess, asked: Asked) -> None:
    errors = process.errors()
    if not process.close():
        log.warning("git %s %s did not end well: %s", asked.endpoint, asked.repository, errors)


def _refuse(start_response: StartResponse, refusal: Refusal) -> Iterable[bytes]:
    match refusal:
        case Refusal.UNKNOWN:
            extra = [("WWW-Authenticate", 'Basic realm="Berth", charset="UTF-8"')]
            return _answer(start_response, refusal.value, "Sign in with a Git password.\n", extra)
        case Refusal.INVISIBLE:
            return _answer(start_response, refusal.value, "There is no such repository.\n")
        case Refusal.READ_ONLY:
            return _answer(start_response, refusal.value, "You may read here, but not push.\n")


def _failed(start_response: StartResponse, error: Exception) -> Iterable[bytes]:
    match error:
        case BlockingIOError():
            return _busy(start_response)
        case TooLarge():
            return _answer(start_response, "413 Content Too Large", "This push is too large.\n")
        case _:
            return _answer(start_response, "500 Internal Server Error", "Try again.\n")


def _busy(start_response: StartResponse) -> Iterable[bytes]:
    return _answer(
        start_response,
        "503 Service Unavailable",
        "Too much is going on here at this moment.\n",
        [("Retry-After", RETRY_AFTER)],
    )


def _answer(
    start_response: StartResponse,
    status: str,
    text: str,
    extra: Iterable[tuple[str, str]] = (),
) -> Iterable[bytes]:
    body = text.encode()
    start_response(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *extra,
        ],
    )
    return [body]
