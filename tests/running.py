"""A whole portal as `make run` starts it, in a folder of its own, and people who use its pages.

For tests that need real processes: web, worker, sweeper and queue. Everything goes through HTTP.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TypeVar

import requests

ROOT = Path(__file__).resolve().parent.parent
PAUSE = Event()  # never set: a wait that looks at the clock
START_SECONDS = 90

T = TypeVar("T")


@dataclass(frozen=True)
class Portal:
    """A running portal: its address, its folder, and the launcher's process."""

    address: str
    data: Path
    launcher: "subprocess.Popen[bytes]"
    environment: Mapping[str, str]

    @property
    def log(self) -> str:
        """What the processes have said so far."""
        return (self.data / "run.log").read_text(errors="replace")

    @property
    def password(self) -> str:
        """The password of the demonstration accounts."""
        return (self.data / "demo-password").read_text()

    def manage(self, *words: str) -> str:
        """Run a management command on this portal's data and return what it said."""
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", *words],
            env={**self.environment, "BERTH_URL": self.address},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running(data: Path, **settings: str) -> Iterator[Portal]:
    """Start a portal on this folder and stop it as Ctrl-C does. `settings` are BERTH_ variables."""
    data.mkdir(parents=True, exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BERTH_")}
    environment = {
        **kept,
        "BERTH_DATA": str(data),
        "BERTH_CACHE": str(data / "no-cache"),
        **settings,
    }
    with (data / "run.log").open("wb") as log:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "portal.launch"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Portal(_address(data, launcher), data, launcher, environment)
    finally:
        launcher.send_signal(signal.SIGINT)
        launcher.wait(30)


def _address(data: Path, launcher: "subprocess.Popen[bytes]") -> str:
    address = data / "address"

    def answers() -> str:
        assert launcher.poll() is None, (data / "run.log").read_text()
        if not address.exists() or not address.read_text():
            return ""
        url = address.read_text()
        try:
            return url if requests.get(f"{url}/readyz", timeout=5).ok else ""
        except requests.ConnectionError:
            return ""

    return until(answers, START_SECONDS, "the portal answers")


def until(look: Callable[[], T], seconds: float, what: str) -> T:
    """Look again and again until the answer is true, and return it."""
    end = monotonic() + seconds
    while monotonic() < end:
        found = look()
        if found:
            return found
        PAUSE.wait(0.5)
    raise AssertionError(f"after {seconds:.0f} s still not: {what}")


class Person:
    """Somebody with a browser that runs no script."""

    def __init__(self, portal: Portal, username: str) -> None:
        self.portal = portal
        self.browser = requests.Session()
        page = self.send("/accounts/sign-in/", username=username, password=portal.password)
        assert page.ok, f"{username} cannot sign in"

    def open(self, path: str) -> str:
        """Return the page at this path."""
        page = self.browser.get(self.portal.address + path, timeout=30)
        page.raise_for_status()
        return page.text

    def send(self, path: str, **fields: object) -> requests.Response:
        """Open the page with the form, fill it in and send it; return the page it leads to."""
        url = self.portal.address + path
        form = self.browser.get(url, timeout=30).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token, f"no form at {path}"
        return self.browser.post(url, data={"csrfmiddlewaretoken": token[1], **fields}, timeout=60)
