"""Calls to a cluster leave by the way that settings name: its proxy, and whom it trusts."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from urllib3 import ProxyManager

from fleet import toolbox
from fleet.ports import ClusterAccess, Endpoint, IssuedToken, Ref, Trial
from portal.clock import now
from portal.errors import ClusterUnreachable, TrustUnreadable
from portal.outbound import WayOut
from tests.fleet import fake_api, fake_proxy
from tests.fleet.conftest import MakeConnection
from tests.fleet.fake_api import FakeApi
from tests.fleet.fake_proxy import FakeProxy

NOBODY = "https://127.0.0.1:1"  # nobody listens there
FAR = "https://fake.example:6443"  # no name that anybody here could resolve
HOME = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "berth"}}


@pytest.fixture
def proxy(api: FakeApi) -> Iterator[FakeProxy]:
    with fake_proxy.running(api.address) as made:
        yield made


@pytest.fixture
def bundle(api: FakeApi, tmp_path: Path) -> Path:
    """A file with the authority of the API server."""
    file = tmp_path / "bundle.pem"
    file.write_text(api.authority)
    return file


def trial(server: str, authority: str = "") -> Trial:
    return toolbox.trial("eu1-a", Endpoint(server, authority), IssuedToken("t-1", now()))


def test_a_call_goes_through_the_proxy_and_trusts_the_bundle(
    settings: Settings, api: FakeApi, proxy: FakeProxy, bundle: Path
) -> None:
    settings.BERTH_PROXY, settings.BERTH_CA_BUNDLE = proxy.address, bundle
    assert trial(FAR).would_refuse(HOME) == ""
    assert proxy.asked == ["fake.example:6443"]
    assert api.asked[0].headers["Authorization"] == "Bearer t-1"


def test_a_joined_cluster_is_reached_through_the_proxy(
    settings: Settings, proxy: FakeProxy, connected: MakeConnection
) -> None:
    settings.BERTH_PROXY, settings.BERTH_NO_PROXY = proxy.address, []
    access: ClusterAccess = toolbox.access(connected().cluster)
    access.read(Ref("v1", "Namespace", "", "berth"))
    assert len(proxy.asked) == 1


def test_without_the_proxy_a_cluster_behind_it_is_not_reached(
    settings: Settings, proxy: FakeProxy, bundle: Path
) -> None:
    settings.BERTH_CA_BUNDLE, settings.BERTH_NO_PROXY = bundle, []
    with pytest.raises(ClusterUnreachable, match="eu1-a could not be reached: connection refused"):
        trial(NOBODY).would_refuse(HOME)
    settings.BERTH_PROXY = proxy.address
    assert trial(NOBODY).would_refuse(HOME) == ""


def test_without_the_bundle_a_private_authority_is_not_believed(
    settings: Settings, api: FakeApi, proxy: FakeProxy
) -> None:
    settings.BERTH_PROXY = proxy.address
    with pytest.raises(ClusterUnreachable, match="did not prove with its certificate"):
        trial(FAR).would_refuse(HOME)
    assert api.asked == []


def test_a_cluster_with_an_authority_of_its_own_is_believed_by_that_alone(
    settings: Settings, api: FakeApi, bundle: Path
) -> None:
    settings.BERTH_CA_BUNDLE = bundle
    other = fake_api.certificate("other.example")[0].decode()
    with pytest.raises(ClusterUnreachable, match="certificate"):
        trial(api.address, authority=other).would_refuse(HOME)
    assert api.asked == []


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "*"])
def test_who_is_named_in_no_proxy_is_called_past_it(
    settings: Settings, api: FakeApi, proxy: FakeProxy, entry: str
) -> None:
    settings.BERTH_PROXY, settings.BERTH_NO_PROXY = proxy.address, [entry]
    assert trial(api.address, api.authority).would_refuse(HOME) == ""
    assert proxy.asked == []


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, api: FakeApi, proxy: FakeProxy, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.address)
    assert trial(api.address, api.authority).would_refuse(HOME) == ""
    assert proxy.asked == []


def test_a_proxy_is_told_its_password_and_nobody_else_is(
    settings: Settings, api: FakeApi, proxy: FakeProxy, bundle: Path
) -> None:
    settings.BERTH_PROXY = proxy.address.replace("//", "//berth:p%40ss@")
    settings.BERTH_CA_BUNDLE = bundle
    trial(FAR).would_refuse(HOME)
    assert proxy.authorizations == [f"Basic {base64.b64encode(b'berth:p@ss').decode()}"]
    assert "Proxy-Authorization" not in api.asked[0].headers


def test_a_proxy_that_refuses_is_told_in_words_without_its_password(
    settings: Settings, proxy: FakeProxy
) -> None:
    settings.BERTH_PROXY, proxy.refuses = proxy.address.replace("//", "//berth:hunter2@"), True
    with pytest.raises(ClusterUnreachable, match=r"through the proxy: .*403") as told:
        trial(FAR).would_refuse(HOME)
    assert "hunter2" not in str(told.value)


def test_a_proxy_that_is_not_there_is_told_in_words(settings: Settings) -> None:
    settings.BERTH_PROXY = "http://127.0.0.1:1"
    with pytest.raises(ClusterUnreachable, match="through the proxy: connection refused"):
        trial(FAR).would_refuse(HOME)


def test_a_proxy_that_speaks_tls_has_to_prove_itself_by_the_bundle(
    settings: Settings, api: FakeApi, bundle: Path, tmp_path: Path
) -> None:
    with fake_proxy.running(api.address, certificate=tmp_path / "tls.pem") as proxy:
        settings.BERTH_PROXY = proxy.address
        with pytest.raises(ClusterUnreachable, match="certificate"):
            trial(FAR, api.authority).would_refuse(HOME)
        settings.BERTH_CA_BUNDLE = bundle
        assert trial(FAR, api.authority).would_refuse(HOME) == ""
    assert proxy.asked == ["fake.example:6443"]


def test_a_bundle_that_is_away_is_waited_for_and_named(settings: Settings) -> None:
    settings.BERTH_CA_BUNDLE = Path("/nowhere/bundle.pem")
    with pytest.raises(TrustUnreadable, match=r"/nowhere/bundle\.pem cannot be read"):
        trial(FAR)


@pytest.mark.parametrize(
    ("entry", "address", "direct"),
    [
        ("example.com", "https://example.com:6443", True),
        ("example.com", "https://api.example.com", True),
        ("EXAMPLE.com", "https://API.example.com.", True),
        (".example.com", "https://api.example.com", True),
        ("example.com", "https://notexample.com", False),
        ("10.0.0.0/8", "https://10.1.2.3:6443", True),
        ("10.0.0.0/8", "https://11.1.2.3:6443", False),
        ("10.0.0.0/8", "https://10.example.com", False),
        ("fd00::/8", "https://[fd00::7]:6443", True),
        ("::1", "https://127.0.0.1", False),
        ("*", "https://anything.example", True),
    ],
)
def test_entries_of_no_proxy_fit_names_domains_and_networks(
    entry: str, address: str, *, direct: bool
) -> None:
    assert WayOut(direct=[entry]).is_direct(address) is direct


def test_a_way_out_never_shows_its_password() -> None:
    way = WayOut(proxy="http://berth:hunter2@proxy.example:3128")
    pool = way.pool(FAR, trust=way.trust())
    assert "hunter2" not in repr(way)
    assert isinstance(pool, ProxyManager)
    assert str(pool.proxy) == "http://proxy.example:3128"
