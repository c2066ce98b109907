"""The portal's own WSGI entry: Git and Django side by side, with people of the database."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings

from accounts import tokens
from accounts.models import Scope, User
from onboarding.ports import GitHost
from onboarding.repositories import credentials
from onboarding.toolbox import tools
from portal import wsgi
from tenants.models import Claim, ClaimKind, Placement, Tenant
from tests.contracts.git_host import FIRST
from tests.make import make_application, make_placement, make_service
from tests.onboarding.repositories.served import git

pytestmark = pytest.mark.django_db(transaction=True)


class Threaded(ThreadingMixIn, WSGIServer):
    """A thread a connection, as in production."""

    daemon_threads = False


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name upstream)
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with make_server("127.0.0.1", 0, wsgi.application, Threaded, Quiet) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def host() -> GitHost:
    return tools().githost


@pytest.fixture
def name(retail: Tenant, host: GitHost) -> str:
    """Return a repository with a first commit, of an application of retail."""
    name = f"retail/basket-{uuid4().hex}"
    application = make_application("basket", tenant=retail)
    Claim.objects.create(
        kind=ClaimKind.REPOSITORY,
        scope=host.name,
        name=name,
        order_uuid=uuid4(),
        application=application,
    )
    host.ensure(name, owner=application.uuid)
    host.push(name, FIRST)
    return name


@pytest.fixture
def placement(name: str) -> Placement:
    return make_placement(make_service(Claim.objects.get(name=name).application))


def address(port: int, name: str, user: str, secret: str) -> str:
    return f"http://{user}:{secret}@127.0.0.1:{port}/git/{name}.git"


def of_person(port: int, name: str, person: User) -> str:
    secret = tokens.issue("laptop", scope=Scope.GIT, owner=person)[1]
    return address(port, name, person.username, secret)


def of_flux(port: int, name: str, placement: Placement) -> str:
    secret = credentials.password(settings.BERTH_GIT_KEYS, placement.uuid, 1)
    return address(port, name, credentials.username(placement.uuid), secret)


def test_a_developer_clones_and_pushes_with_a_git_password(
    port: int, name: str, alice: User, tmp_path: Path
) -> None:
    url = of_person(port, name, alice)
    assert git("clone", url, "clone", folder=tmp_path).returncode == 0
    git("commit", "--allow-empty", "-m", "Mine", folder=tmp_path / "clone")
    assert git("push", folder=tmp_path / "clone").returncode == 0
    assert "Mine" in git("log", "--format=%s", "origin/main", folder=tmp_path / "clone").stdout


def test_a_stranger_is_told_what_is_told_of_an_absent_one(
    port: int, name: str, charlie: User, tmp_path: Path
) -> None:
    for asked in (name, "retail/absent"):
        done = git("clone", of_person(port, asked, charlie), "clone", folder=tmp_path)
        assert "not found" in done.stderr


def test_flux_clones_with_its_credential_and_cannot_push(
    port: int, name: str, placement: Placement, tmp_path: Path
) -> None:
    url = of_flux(port, name, placement)
    assert git("clone", url, "clone", folder=tmp_path).returncode == 0
    git("commit", "--allow-empty", "-m", "Not mine", folder=tmp_path / "clone")
    assert "403" in git("push", folder=tmp_path / "clone").stderr


def test_a_fetch_is_noted_at_the_placement(port: int, name: str, placement: Placement) -> None:
    assert git("ls-remote", of_flux(port, name, placement)).returncode == 0
    placement.refresh_from_db()
    assert placement.credential_fetched == 1


@pytest.mark.parametrize("path", ["/git", "/gitx/", "/accounts/git/", "/health/live"])
def test_what_is_not_under_git_is_djangos(port: int, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.headers["WWW-Authenticate"] is None
    assert answer.headers["Content-Security-Policy"] is not None
