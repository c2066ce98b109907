"""Trying the way to an address: each stage fails for itself, in words, and nothing secret shows."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from portal import reaching
from portal.outbound import WayOut
from portal.reaching import Tried
from tests.fleet import fake_api
from tests.fleet.fake_api import FakeApi


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeApi]:
    with fake_api.running(tmp_path) as running:
        (tmp_path / "authority.pem").write_text(running.authority)
        yield running


@pytest.fixture
def open_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def reached(address: str, way: WayOut, seconds: float = 0.5) -> tuple[list[Tried], bool]:
    """Return the stages, and what the trial says in the end."""
    rows: list[Tried] = []
    trial = reaching.reached(address, way, seconds=seconds)
    while True:
        try:
            rows.append(next(trial))
        except StopIteration as ended:
            return rows, ended.value


def stages(rows: Sequence[Tried]) -> list[tuple[str, bool | None]]:
    return [(row.stage, row.ok) for row in rows]


def test_a_server_is_reached_by_name_connection_and_tls(server: FakeApi, tmp_path: Path) -> None:
    rows, good = reached(server.address, WayOut(tmp_path / "authority.pem"))
    assert stages(rows) == [("Name", True), ("Connection", True), ("TLS", True)]
    assert good
    assert rows[-1].came_back.startswith("TLSv1.")
    assert "with a certificate that ends " in rows[-1].came_back
    assert server.asked == []


def test_a_certificate_for_another_name_says_so(server: FakeApi, tmp_path: Path) -> None:
    named = server.address.replace("127.0.0.1", "localhost")
    rows, good = reached(named, WayOut(tmp_path / "authority.pem"))
    assert (rows[-1].stage, rows[-1].ok, good) == ("TLS", False, False)
    assert "Write the name that stands in its certificate" in rows[-1].change


def test_an_authority_that_is_not_known_says_what_to_mend(server: FakeApi) -> None:
    rows, good = reached(server.address, WayOut())
    assert (rows[-1].stage, good) == ("TLS", False)
    assert rows[-1].change == reaching.AUTHORITY


def test_who_speaks_no_tls_is_left_in_time(open_port: int) -> None:
    rows, good = reached(f"https://127.0.0.1:{open_port}", WayOut(), seconds=0.2)
    assert (rows[-1].stage, good) == ("TLS", False)
    assert "speaks TLS" in rows[-1].change


def test_a_closed_port_and_an_unknown_name_are_told() -> None:
    assert stages(reached("https://127.0.0.1:1", WayOut())[0])[-1] == ("Connection", False)
    assert stages(reached("https://nowhere.invalid", WayOut(), seconds=5)[0]) == [("Name", False)]


@pytest.mark.parametrize("name", ["a" * 70 + ".example.com", "..", "xn--\ud800"])
def test_a_name_that_is_none_is_told(name: str) -> None:
    rows, good = reached(f"https://{name}", WayOut())
    assert (rows[-1].ok, good) == (False, False)


def test_a_proxy_is_what_is_reached_and_its_password_is_not_shown(open_port: int) -> None:
    way = WayOut(proxy=f"http://berth:s3cret@127.0.0.1:{open_port}")
    rows, good = reached("https://idp.example.com", way)
    assert stages(rows) == [("Name", True), ("Connection", True)]
    assert good
    assert rows[0].came_back == "the proxy 127.0.0.1 before idp.example.com: 127.0.0.1"
    assert "s3cret" not in repr(rows)


def test_what_is_called_past_the_proxy_is_reached_past_it(open_port: int) -> None:
    way = WayOut(proxy="http://127.0.0.1:1", direct=["127.0.0.1"])
    rows, good = reached(f"http://127.0.0.1:{open_port}", way)
    assert good
    assert rows[0].came_back == "127.0.0.1: 127.0.0.1"


def test_an_address_without_tls_needs_none(open_port: int) -> None:
    rows, good = reached(f"ldap://127.0.0.1:{open_port}", WayOut())
    assert stages(rows) == [("Name", True), ("Connection", True)]
    assert good
