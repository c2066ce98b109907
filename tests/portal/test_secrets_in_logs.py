"""No secret ever stands in a log line: a whole journey in real processes, failures included.

Every secret is one that nothing else holds, and the log is the most talkative there is.
"""

import base64
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from onboarding.repositories import credentials
from tests.fleet import fake_api
from tests.fleet.fake_api import Asked, FakeApi, Says, status
from tests.running import ROOT, Person, Portal, running, until

OURS = ("SECRET_KEY", "FIELD_KEY", "TOKEN_PEPPER", "GIT_KEY")
PREFIX = re.compile(r"^\S+ \S+ +\| ", re.MULTILINE)  # what the launcher writes before each line


@dataclass(frozen=True)
class Planted(Portal):
    """A portal whose people have the password that was planted."""

    planted: dict[str, str] = field(default_factory=dict)

    @property
    def password(self) -> str:
        return self.planted["password"]

    @property
    def log(self) -> str:
        return (self.data / "run.log").read_text()


def repeat_the_token(asked: Asked) -> Says:
    """Answer as a proxy in the way does that says what it was sent."""
    said = f"{asked.headers.get('Authorization')} was sent to {asked.path}"
    return status(404 if asked.method == "GET" else 500, "InternalError", said)


@pytest.fixture(scope="module")
def odd_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeApi]:
    with fake_api.running(tmp_path_factory.mktemp("odd")) as fake:
        fake.answer = repeat_the_token
        yield fake


@pytest.fixture(scope="module")
def portal(odd_cluster: FakeApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """A portal with a secret of each kind, and a log that leaves nothing out."""
    planted = {name: f"planted-{name}-{secrets.token_hex(16)}" for name in ("password", "wrong")}
    # a token as clusters give them: three parts, the first of which says what it is
    planted["cluster_token"] = f"eyJhbGciOiJub25lIn0.{secrets.token_urlsafe(24)}.{'c' * 30}"
    planted |= {name: secrets.token_urlsafe(48) for name in OURS}
    ours = {f"BERTH_{name}": planted[name] for name in OURS}
    talkative = {"BERTH_LOG_LEVEL": "DEBUG", "BERTH_LOG_REQUESTS": "True"}
    folder = tmp_path_factory.mktemp("portal")
    with running(folder, BERTH_PORT="8700", BERTH_LOG_FORMAT="json", **ours, **talkative) as run:
        made = plant(run, odd_cluster, planted)
        yield Planted(run.address, run.data, run.launcher, run.environment, planted | made)


def plant(run: Portal, odd_cluster: FakeApi, planted: Mapping[str, str]) -> dict[str, str]:
    """Write the secrets into the portal's database; return those that were made there."""
    wanted = {**planted, "server": odd_cluster.address, "authority": odd_cluster.authority}
    told = {"BERTH_URL": run.address, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.portal.planted"],
        cwd=ROOT,
        env={**run.environment, **told},
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def journey(portal: Planted) -> dict[str, str]:
    """Do what people, machines and Git do, right and wrong; return every secret that was used."""
    used = dict(portal.planted)
    dana = Person(portal, "dana")
    used["session"] = str(dana.browser.cookies["berth-session"])
    used["csrf"] = str(dana.browser.cookies["berth-csrf"])
    used["git"] = dana.git_password()
    (number,) = dana.order("checkout", ["dev"], "odd")
    mistakes(portal, dana, used)
    clone(portal, used["git"], portal.data / "clone")
    until(lambda: has_failed(portal), 90, "the worker met the odd cluster")
    until(lambda: has_rung(portal), 90, "the sweeper rang for the order again")
    assert used["cluster_token"] not in dana.browser.get(f"{portal.address}/orders/{number}/").text
    dana.browser.post(f"{portal.address}/sign-out/", timeout=30)
    return used


def mistakes(portal: Planted, dana: Person, used: Mapping[str, str]) -> None:
    """Send each secret where it is refused, and where it does not belong."""
    wrong = used["wrong"]
    for header in (f"Bearer {used['machine']}", f"Bearer {used['machine']}x", f"Basic {wrong}"):
        for path in ("/api/v1/tenants/", "/metrics", "/git/payments/checkout.git/info/refs"):
            requests.get(portal.address + path, headers={"Authorization": header}, timeout=30)
    form = {"username": "dana", "password": wrong}
    requests.post(f"{portal.address}/sign-in/", data=form, timeout=30)
    with pytest.raises(AssertionError):
        Person(portal, "nobody").open("/")
    dana.browser.post(
        f"{portal.address}/you/git-passwords/",
        data={"csrfmiddlewaretoken": wrong},
        timeout=30,
    )
    requests.get(f"{portal.address}/nowhere/?token={wrong}", timeout=30)
    clone(portal, wrong, portal.data / "no-clone")


def clone(portal: Planted, password: str, folder: Path) -> None:
    """Clone with a password in the address, whatever comes of it."""
    address = portal.address.replace("://", f"://dana:{password}@")
    quiet = {"PATH": os.environ["PATH"], "GIT_TERMINAL_PROMPT": "0", "HOME": "/nonexistent"}  # noqa: TID251 - for git
    subprocess.run(
        ["git", "clone", "-q", f"{address}/git/payments/checkout.git", str(folder)],
        env=quiet,
        capture_output=True,
        check=False,
    )


def lines(log: str) -> list[dict[str, object]]:
    """Return the lines that our processes wrote as JSON."""
    found = (line for line in PREFIX.sub("", log).splitlines() if line.startswith("{"))
    return [json.loads(line) for line in found]


def has_rung(portal: Planted) -> bool:
    return any(line.get("round") == "ring" for line in lines(portal.log))


def has_failed(portal: Planted) -> bool:
    return any(
        line.get("step") == "prime" and "cluster." in str(line["message"])
        for line in lines(portal.log)
    )


def test_no_secret_stands_in_the_log(portal: Planted, journey: dict[str, str]) -> None:
    log = portal.log
    written = {
        name: [text for text in forms(secret) if text in log] for name, secret in journey.items()
    }
    assert {name: found for name, found in written.items() if found} == {}


def forms(secret: str) -> list[str]:
    """Return a secret as it is, and as it stands in a Basic header or a Secret."""
    pairs = [secret, f"dana:{secret}"]
    return [secret, *(base64.b64encode(each.encode()).decode() for each in pairs)]


def test_no_credential_of_a_placement_stands_in_the_log(
    portal: Planted, journey: dict[str, str]
) -> None:
    assert re.search(r"\b1\.[0-9]+\.[0-9a-f]{64}\b", portal.log) is None
    assert credentials.PURPOSE not in portal.log


def test_the_lines_say_what_they_are_about(portal: Planted, journey: dict[str, str]) -> None:
    found = lines(portal.log)
    assert any(each.get("order") and each.get("step") == "prime" for each in found)
    asked = [each for each in found if each["logger"] == "portal.requests"]
    assert len(asked) > 20
    assert all(each["request"] for each in asked)
    assert any("POST /sign-in/ 422" in str(each["message"]) for each in asked)
