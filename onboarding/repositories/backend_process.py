"""One run of `git http-backend`: fed while it is read, ended when time or client are gone."""

import os
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Timer
from typing import IO, cast

CHUNK = 64 * 1024
# What the backend may say before it has heard everything: progress lines, never content.
EARLY_LIMIT = 1024 * 1024
HEADERS_LIMIT = 16 * 1024
GRACE = 5  # seconds between asking a process to end, so that it removes its locks, and ending it
ERROR_LIMIT = 600  # characters of its error output that are kept


class BackendFailed(Exception):
    """The backend ended without an answer; the message is its error output, cut."""


class BackendProcess:
    """A running backend. `close` must be called, whatever happened.

    After `seconds` it is ended and `hang_up` is called, which stops a client that sends too slowly.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        seconds: float,
        hang_up: Callable[[], None],
        keep_open: Sequence[int] = (),
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._early = b""
        self._process = subprocess.Popen(  # noqa: S603 (a fixed command, no shell)
            argv,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            pass_fds=keep_open,
            start_new_session=True,  # so that its children end with it
        )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._hang_up = hang_up
        self._timer = Timer(seconds, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def feed(self, chunks: Iterable[bytes]) -> None:
        """Write the request, and keep what the backend says meanwhile so that it never blocks.

        A backend that wants no more is left alone: the rest of the request is read and dropped,
        so that the client comes to read the answer.
        """
        os.set_blocking(self._stdin.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdin, selectors.EVENT_WRITE)
            selector.register(self._stdout, selectors.EVENT_READ)
            listening = True
            for chunk in chunks:
                listening = listening and self._write(selector, chunk)
        with suppress(BrokenPipeError):
            self._stdin.close()

    def _write(self, selector: selectors.BaseSelector, chunk: bytes) -> bool:
        left = memoryview(chunk)
        while left:
            ready = {key.fd for key, _ in selector.select()}
            if self._stdout.fileno() in ready and not self._listen():
                return False
            if self._stdin.fileno() in ready:
                try:
                    left = left[os.write(self._stdin.fileno(), left) :]
                except BrokenPipeError:
                    return False
        return True

    def _listen(self) -> bool:
        """Take in what the backend says; False once it has said everything."""
        said = os.read(self._stdout.fileno(), CHUNK)
        self._early += said
        if len(self._early) > EARLY_LIMIT:
            raise BackendFailed("It answered at length before it had heard the question.")
        return bool(said)

    def headers(self) -> dict[str, str]:
        """Return the CGI headers of the answer. Raises BackendFailed when there is none."""
        while b"\r\n\r\n" not in self._early:
            said = os.read(self._stdout.fileno(), CHUNK)
            self._early += said
            if not said or (len(self._early) > HEADERS_LIMIT and b"\r\n\r\n" not in self._early):
                raise BackendFailed(self.errors())
        head, _, self._early = self._early.partition(b"\r\n\r\n")
        lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
        return {name.strip(): value.strip() for name, _, value in lines}

    def body(self) -> Iterator[bytes]:
        """Give the rest of the answer as it comes."""
        if self._early:
            yield self._early
        while said := os.read(self._stdout.fileno(), CHUNK):
            yield said

    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read(ERROR_LIMIT * 4).decode(errors="replace")[:ERROR_LIMIT]

    def close(self) -> bool:
        """End the process if it still runs, and say whether it had ended well by itself."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        finished = self._finished()
        self._timer.cancel()
        self._end()
        self._stdout.close()
        self._errors.close()
        return finished and self._process.returncode == 0

    def _finished(self) -> bool:
        """Say whether the process has said everything; then it ends within a moment by itself."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            if not selector.select(timeout=0) or os.read(self._stdout.fileno(), 1):
                return False
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        return self._process.poll() is not None

    def _expire(self) -> None:
        self._end()
        self._hang_up()

    def _end(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
