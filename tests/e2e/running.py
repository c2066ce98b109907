"""A whole portal of its own for the browser: what `make run` starts, with demonstration data."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 90
STOP_SECONDS = 30


@dataclass(frozen=True)
class Portal:
    """Where it answers, where it keeps its data, and the password of its accounts."""

    url: str
    folder: Path
    password: str

    def run(self, module: str) -> None:
        """Run a module in the portal's own environment, such as one that makes rows."""
        command = [sys.executable, "-m", module]
        queue = {"BERTH_QUEUE_URL": f"unix://{self.folder}/queue.sock"}
        subprocess.run(command, cwd=ROOT, env=environment(self.folder) | queue, check=True)


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine's own portal is known.

    HOME is the folder too, so that a control plane that was built here is not started with it.
    """
    ours = os.environ.items()  # noqa: TID251 (a process of its own is given what we have)
    kept = {name: text for name, text in ours if not name.startswith("BERTH_")}
    return kept | {
        "BERTH_DATA": str(folder),
        "BERTH_PORT": str(8100 + os.getpid() % 500),
        "BERTH_LINKS": "Address=https://{application}.{environment}.example.com",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "HOME": str(folder),
    }


@contextmanager
def running(folder: Path) -> Iterator[Portal]:
    """Start a portal in the folder, wait until it answers, and stop all of it afterwards."""
    with (folder / "run.log").open("w") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "portal.launch"],
            cwd=ROOT,
            env=environment(folder),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            url = _address(folder, started)
            yield Portal(url, folder, (folder / "demo-password").read_text().strip())
        finally:
            started.send_signal(signal.SIGINT)
            started.wait(STOP_SECONDS)


def _address(folder: Path, started: "subprocess.Popen[bytes]") -> str:
    last = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < last and started.poll() is None:
        file = folder / "address"
        url = file.read_text() if file.exists() else ""
        if url and _answers(url):
            return url
        Event().wait(0.2)
    raise TimeoutError(f"The portal did not start:\n{(folder / 'run.log').read_text()}")


def _answers(url: str) -> bool:
    line = HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        line.request("GET", "/livez")
        return line.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        line.close()
