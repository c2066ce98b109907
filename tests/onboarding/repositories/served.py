"""The Git front in a gunicorn of its own on loopback, for tests with the real `git`.

Visitors are a fixed list here: who may do what is `access.py`'s matter, tested with the database.
As a module it is what gunicorn loads: `tests.onboarding.repositories.served:application`.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse

from onboarding.repositories.http_backend import GitFront, Limits
from onboarding.repositories.visits import Admitted, Refusal, Visit
from portal import env

ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024
PEOPLE = {
    "developer": Admitted("developer", may_develop=True),
    "approver": Admitted("approver", may_release=True),
    "flux": Admitted("flux"),
}


def admit(visit: Visit) -> Admitted | Refusal:
    who = PEOPLE.get(visit.username)
    if who is None or visit.password != "right":
        return Refusal.UNKNOWN
    if visit.writes and not (who.may_develop or who.may_release):
        return Refusal.READ_ONLY
    return who


class LateFront:
    """The front, made at the first request: gunicorn's worker and not its master has the slots."""

    def __init__(self) -> None:
        self._front: GitFront | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if self._front is None:
            folder = Path(env.text("SERVED_FOLDER"))
            threads, seconds, megabytes = map(int, env.text("SERVED_LIMITS").split(","))
            limits = Limits(threads, seconds, megabytes * MEGABYTE)
            pushed = folder / ".pushed"
            self._front = GitFront(folder, admit, limits, lambda name: note(pushed, name))
        return self._front(environ, start_response)


def note(path: Path, name: str) -> None:
    with path.open("a") as file:
        file.write(f"{name}\n")


application = LateFront()


@dataclass(frozen=True)
class Server:
    """Where a started server listens, and its process."""

    port: int
    process: subprocess.Popen[str]

    def url(self, path: str, user: str = "") -> str:
        login = f"{user}:right@" if user else ""
        return f"http://{login}127.0.0.1:{self.port}/{path}"


@contextmanager
def gunicorn(app: str, variables: Mapping[str, str], threads: int = 16) -> Iterator[Server]:
    """Run an application on a free port until the end of the block."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        app,
        "--bind=127.0.0.1:0",
        "--worker-class=gthread",
    ]
    given = [f"--env={name}={value}" for name, value in variables.items()]
    process = subprocess.Popen(
        [*command, f"--threads={threads}", *given],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(_port(process), process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "Listening at" in line:
            return int(line.split("http://127.0.0.1:")[1].split()[0])
    raise AssertionError("".join(said))


def git(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run git as a person with no settings of their own."""
    variables = {
        "PATH": os.defpath,
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Alice",
        "GIT_AUTHOR_EMAIL": "alice@example.com",
        "GIT_COMMITTER_NAME": "Alice",
        "GIT_COMMITTER_EMAIL": "alice@example.com",
    }
    return subprocess.run(
        ["git", *words],
        check=False,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
