"""A whole portal as `make run` starts it, in a folder of its own, and people who use its pages.

For tests that need real processes: web, worker, sweeper, watch and queue. All goes through HTTP.
"""

import html
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    def password(self) -> str:
        """The password of the demonstration accounts."""
        return (self.data / "demo-password").read_text()

    def manage(self, *words: str) -> str:
        """Run a management command on this portal's data and return what it said."""
        return self.run(str(ROOT / "manage.py"), *words)

    def run(self, *program: str) -> str:
        """Run Python on this portal's data, such as `-m tests.e2e.rows`; return what it said."""
        told = {"BERTH_URL": self.address, "BERTH_QUEUE_URL": f"unix://{self.data}/queue.sock"}
        done = subprocess.run(
            [sys.executable, *program],
            cwd=ROOT,
            env={**self.environment, **told, "DJANGO_SETTINGS_MODULE": "portal.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running(data: Path, **settings: str) -> Iterator[Portal]:
    """Start a portal on this folder and stop it as Ctrl-C does. `settings` are BERTH_ variables.

    A local control plane that is built is left alone: tests that need one join it themselves.
    """
    data.mkdir(parents=True, exist_ok=True)
    ours = os.environ  # noqa: TID251 - handed on to the portal
    kept = {key: ours[key] for key in ours if not key.startswith(("BERTH_", "DJANGO_"))}
    embedded = {"BERTH_DATA": str(data), "BERTH_CACHE": str(data / "no-cluster")}
    environment = {**kept, **embedded, **settings}
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
    def answers() -> str:
        assert launcher.poll() is None, (data / "run.log").read_text()
        url = (data / "address").read_text() if (data / "address").exists() else ""
        try:
            return url if url and requests.get(f"{url}/readyz", timeout=5).ok else ""
        except requests.RequestException:
            return ""

    return until(answers, START_SECONDS, "the portal answers")


def until(look: Callable[[], T], seconds: float, what: str) -> T:
    """Look again and again until the answer is true, and return it."""
    end = monotonic() + seconds
    while monotonic() < end:
        found = look()
        if found:
            return found
        PAUSE.wait(0.1)
    raise AssertionError(f"after {seconds:.0f} s still not: {what}")


class Person:
    """Somebody with a browser that runs no script."""

    def __init__(self, portal: Portal, username: str) -> None:
        self.portal = portal
        self.username = username
        self.browser = requests.Session()
        self.send("/sign-in/", username=username, password=portal.password)

    def open(self, path: str) -> str:
        """Return the text of the page at this path, without its tags."""
        page = self.browser.get(self.portal.address + path, timeout=30)
        assert page.ok, f"{path}: {page.status_code} {words(page.text)[:500]}"
        return words(page.text)

    def send(self, path: str, *, to: str = "", **fields: str | Sequence[str]) -> requests.Response:
        """Open the page at `path`, fill in its form and send it; return where that leads.

        `to` is the form's own address where it has one.
        """
        url = self.portal.address + path
        form = self.browser.get(url, timeout=30)
        assert form.ok, f"{path}: {form.status_code} {words(form.text)[:500]}"
        kept = hidden(form.text)
        target = self.portal.address + to if to else url
        page = self.browser.post(target, data={**kept, **fields}, timeout=60)
        assert page.ok, f"{path}: {page.status_code} {words(page.text)[:500]}"
        return page

    def order(
        self, application: str, environments: Sequence[str], region: str, **wanted: str
    ) -> list[int]:
        """Order a berth through every page of the form; return the numbers of the orders."""
        found = self.browser.get(
            f"{self.portal.address}/api/v1/applications/", params={"slug": application}, timeout=30
        ).json()["results"]
        page = self.send("/orders/new/", application=found[0]["uuid"])
        draft = re.sub(r"/where/$", "", page.url.removeprefix(self.portal.address))
        self.send(f"{draft}/where/", environments=environments, region=region)
        self.send(f"{draft}/name/", name=wanted.get("name", application))
        self.send(f"{draft}/size/", size=wanted.get("size", "s"))
        self.send(f"{draft}/code/", scaffold="web-service")
        self.send(f"{draft}/connections/")
        owners = self.browser.get(f"{self.portal.address}{draft}/owners/", timeout=30).text
        self.send(f"{draft}/owners/", owner=chosen(owners, "owner"))
        page = self.send(f"{draft}/preview/", to=f"{draft}/submit/")
        numbers = {int(each) for each in re.findall(r"/orders/(\d+)/", page.text)}
        return sorted(numbers)

    def approve(self, number: int) -> None:
        """Approve an order as it is shown."""
        self.send(f"/approvals/{number}/", to=f"/approvals/{number}/approve/", reason="Fine.")

    def git_password(self) -> str:
        """Make a Git password and return it."""
        page = self.send("/you/", to="/you/git-passwords/", scope="git", name="tests", days="30")
        found = re.search(r"berth_[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", page.text)
        assert found, words(page.text)
        return found[0]


def words(page: str) -> str:
    """Return the text of a page, without tags and with single spaces."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's forms."""
    inputs = [tag for tag in re.findall(r"<input[^>]*>", page) if 'type="hidden"' in tag]
    return {attribute(tag, "name"): html.unescape(attribute(tag, "value")) for tag in inputs}


def chosen(page: str, name: str) -> str:
    """Return the value of the field that is chosen when the page is opened."""
    for tag in re.findall(r"<(?:input|option)[^>]*>", page):
        is_field = f'name="{name}"' in tag or tag.startswith("<option")
        if is_field and re.search(r"\b(checked|selected)\b", tag):
            return attribute(tag, "value")
    raise AssertionError(f"nothing is chosen for {name}")


def attribute(tag: str, name: str) -> str:
    """Return an attribute of a tag, or nothing."""
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""
