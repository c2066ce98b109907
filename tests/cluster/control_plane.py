"""Starts the local control plane for tests and stops it, or uses one that runs already."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[2] / "deploy" / "local-cluster"
READY_SECONDS = 180
STOP_SECONDS = 60

_never = Event()


@dataclass(frozen=True)
class ControlPlane:
    """A running API server with Flux; `about` is its cluster.json."""

    state: Path
    about: dict[str, Any]

    @property
    def kubeconfig(self) -> Path:
        return self.state / "admin.kubeconfig"

    @property
    def server(self) -> str:
        return str(self.about["api_server"])


def is_built() -> bool:
    check = [sys.executable, str(SCRIPTS / "build.py"), "--check"]
    return subprocess.run(check, check=False).returncode == 0


def program(name: str) -> Path:
    """Return where a program lies that is built beside the control plane, such as kubectl."""
    asked = [sys.executable, str(SCRIPTS / "build.py"), "--where", name]
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return Path(said.strip())


def running() -> ControlPlane | None:
    """Return the control plane that BERTH_TEST_CLUSTER_STATE names, or None."""
    named = os.environ.get("BERTH_TEST_CLUSTER_STATE")  # noqa: TID251 - of the tests alone
    return _at(Path(named)) if named else None


@contextmanager
def started(state: Path) -> Iterator[ControlPlane]:
    """Run a control plane in the folder while the block lasts."""
    command = [sys.executable, str(SCRIPTS / "run.py"), "--state", str(state)]
    process = subprocess.Popen(command)
    try:
        eventually(lambda: _is_ready(process, state), seconds=READY_SECONDS)
        yield _at(state)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def eventually(is_so: Callable[[], bool], *, seconds: float, pause: float = 0.2) -> None:
    """Ask again and again until the answer is yes. Fails after so many seconds."""
    ends_at = monotonic() + seconds
    while not is_so():
        if monotonic() > ends_at:
            raise AssertionError(f"Not so after {seconds:g} seconds.")
        _never.wait(pause)


def _is_ready(process: "subprocess.Popen[bytes]", state: Path) -> bool:
    if process.poll() is not None:
        raise AssertionError(f"The control plane ended with {process.returncode}.")
    return (state / "cluster.json").exists()


def _at(state: Path) -> ControlPlane:
    return ControlPlane(state, json.loads((state / "cluster.json").read_text()))
