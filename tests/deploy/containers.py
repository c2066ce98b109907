"""Runs what was built as a container would.

That is: as the image's user and as process 1, without any right of root, without a network, and on
a root file system that nobody can write to.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.deploy import image
from tests.deploy.image import Stage
from tests.running import until

MEMORY = ("/tmp", "/dev/shm")  # noqa: S108 - folders of the container
SECRETS = "/run/secrets/berth"
NAMESPACES = ("--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child")
RUN_SECONDS = 120
STOP_SECONDS = 20
FETCH = """
import sys, urllib.request, urllib.error
asked = urllib.request.Request("http://127.0.0.1:8000" + sys.argv[1], headers={"Host": sys.argv[2]})
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
try:
    answer = urllib.request.build_opener(Stay).open(asked, timeout=20)
except urllib.error.HTTPError as refused:
    answer = refused
print(answer.status)
print(answer.read().decode(errors="replace"))
"""


@dataclass(frozen=True)
class Pod:
    """What the containers of one portal share: the image, its settings, and what is mounted."""

    image: Stage
    settings: Mapping[str, str]
    bound: Sequence[tuple[str, str]]

    def run(self, *command: str, entrypoint: Sequence[str] | None = None) -> tuple[int, str]:
        """Run a container to its end; return its status and what it said."""
        done = subprocess.run(
            self._command(command, entrypoint),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )
        return done.returncode, done.stdout

    @contextmanager
    def running(self, *command: str, log: Path) -> Iterator["Container"]:
        """Start a container, and kill it at the end if it still runs."""
        with log.open("wb") as said:
            process = subprocess.Popen(
                self._command(command, None), stdout=said, stderr=subprocess.STDOUT
            )
        container = Container(process, log)
        try:
            yield container
        finally:
            container.end()

    def _command(self, command: Sequence[str], entrypoint: Sequence[str] | None) -> list[str]:
        started = self.image.entrypoint if entrypoint is None else entrypoint
        user, _, group = self.image.user.partition(":")
        program = [
            *("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"),
            *("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"),
            *("env", f"--chdir={self.image.workdir}", *started),
            *(command or self.image.command),
        ]
        entered = image.entered(
            self.image,
            program,
            environment={**self.image.environment, **self.settings},
            memory=MEMORY,
            bound=self.bound,
            read_only=True,
        )
        return ["unshare", *NAMESPACES, *entered]


@dataclass(frozen=True)
class Container:
    """A running container. `process` is unshare, whose one child is process 1 of the container."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def pid(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(children.split()[0]) if children else 0

    def end(self) -> None:
        """Kill process 1, and so all of the container, if it still runs.

        To kill unshare is not enough: its --kill-child is forgotten where the child changes user.
        """
        if self.process.poll() is None and self.pid:
            os.kill(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def get(self, path: str, host: str) -> tuple[int, str]:
        """Ask the web process from inside its network; (0, "") as long as nobody listens."""
        done = subprocess.run(
            ["nsenter", f"--target={self.pid}", "--net", sys.executable, "-c", FETCH, path, host],
            capture_output=True,
            text=True,
            check=False,
        )
        status, _, body = done.stdout.partition("\n")
        return int(status or 0), body

    def says(self, words: str) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return words in self.log.read_text()

    def stopped(self) -> int:
        """Send SIGTERM to process 1, as a kubelet does, and return the status it ends with."""
        subprocess.run(["kill", f"-{signal.SIGTERM.value}", str(self.pid)], check=True)
        return self.process.wait(STOP_SECONDS)


def listening(container: Container) -> None:
    """Wait until the web process answers."""
    until(lambda: container.get("/livez", "127.0.0.1")[0], 60, "the container listens")
