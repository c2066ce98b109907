"""How the environment is read: with types, from files, and every fault told at once."""

import stat
from pathlib import Path

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured

from portal import env


@pytest.fixture(autouse=True)
def no_faults_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "_faults", [])


def test_nothing_set_gives_the_defaults() -> None:
    assert env.text("BERTH_X", default="a") == "a"
    assert env.flag("BERTH_X", default=True) is True
    assert env.integer("BERTH_X", default=7) == 7
    assert env.choice("BERTH_X", ["a", "b"], default="b") == "b"
    assert env.words("BERTH_X", default="a, b,") == ["a", "b"]
    assert env.pairs("BERTH_X", default="a=1,b={c}") == {"a": "1", "b": "{c}"}
    assert env.faults() == []


def test_a_file_named_for_a_variable_holds_its_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.setenv("BERTH_X", "not this")
    monkeypatch.setenv("BERTH_X_FILE", str(tmp_path / "secret"))
    assert env.text("BERTH_X") == "from a file"


def test_networks_are_read_and_what_is_none_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.networks("BERTH_X") == []
    monkeypatch.setenv("BERTH_X", "10.20.0.0/16, fd00::7")
    assert [str(each) for each in env.networks("BERTH_X")] == ["10.20.0.0/16", "fd00::7/128"]
    monkeypatch.setenv("BERTH_X", "10.20.0.7/16")  # an address with a network's length: which?
    env.networks("BERTH_X")
    assert "BERTH_X must be networks" in env.faults()[0]


def test_every_fault_is_told_in_one_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "BERTH_FLAG": "yes",
        "BERTH_NUMBER": "-3",
        "BERTH_CHOICE": "c",
        "BERTH_CHOICES": "a,c",
        "BERTH_PAIRS": "a",
        "BERTH_GONE_FILE": str(tmp_path / "gone"),
    }.items():
        monkeypatch.setenv(name, value)
    env.flag("BERTH_FLAG", default=True)
    env.integer("BERTH_NUMBER", default=1)
    env.choice("BERTH_CHOICE", ["a"], default="a")
    env.choices("BERTH_CHOICES", ["a"], default="a")
    env.pairs("BERTH_PAIRS")
    env.text("BERTH_GONE")
    with pytest.raises(ImproperlyConfigured) as refused:
        env.refuse_faults()
    assert env.faults() == []
    for name in ("FLAG", "NUMBER", "CHOICE", "CHOICES", "PAIRS", "GONE_FILE"):
        assert f"BERTH_{name}" in str(refused.value)


def test_a_fault_does_not_repeat_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_FLAG", "hunter2-hunter2")
    env.flag("BERTH_FLAG", default=True)
    assert "hunter2" not in " ".join(env.faults())


def test_an_embedded_portal_makes_a_secret_once_for_its_owner_only(tmp_path: Path) -> None:
    first = env.secret("BERTH_X_KEY", folder=tmp_path, embedded=True)
    assert len(first) >= 32
    assert env.secret("BERTH_X_KEY", folder=tmp_path, embedded=True) == first
    kept = tmp_path / "keys" / "berth_x_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_another_portal_makes_no_secret_up(tmp_path: Path) -> None:
    assert env.secret("BERTH_X_KEY", folder=tmp_path, embedded=False) == ""
    assert "BERTH_X_KEY" in env.faults()[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "value", ["proxy.example.com:3128", "socks5://proxy.example.com", "http://", "http://a:port"]
)
def test_an_address_has_a_known_scheme_a_host_and_a_port_that_is_one(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("BERTH_PROXY", value)
    assert env.address("BERTH_PROXY", schemes=("http", "https")) == ""
    assert env.faults() == ["BERTH_PROXY must be an address that begins with http:// or https://"]


def test_an_address_may_hold_a_name_and_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_PROXY", "http://berth:secret@proxy.example.com:3128")
    assert env.address("BERTH_PROXY", schemes=("http",)).endswith("@proxy.example.com:3128")
    assert env.faults() == []


def test_the_database_is_checked_with_the_bundle_or_else_with_the_machines_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BERTH_DATABASE_TLS", "verify-full")
    with_bundle = env.database("postgresql", tmp_path, Path("/etc/berth/ca.pem"))["OPTIONS"]
    without = env.database("postgresql", tmp_path)["OPTIONS"]
    assert with_bundle["sslrootcert"] == "/etc/berth/ca.pem"
    assert without["sslrootcert"] == "system"
    assert with_bundle["sslmode"] == without["sslmode"] == "verify-full"


def test_reading_checks_the_database_as_writing_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BERTH_DATABASE_TLS", "verify-full")
    options = env.reading(env.database("postgresql", tmp_path))["OPTIONS"]
    assert options["sslmode"] == "verify-full"
    assert "read_only" in options["options"]


@pytest.mark.parametrize(
    ("url", "authorities"),
    [
        ("rediss://:secret@valkey.example.com/0", "/etc/berth/ca.pem"),
        ("rediss://valkey.example.com/0?protocol=3", "/etc/berth/ca.pem"),
        ("rediss://valkey.example.com/0?ssl_ca_certs=/own.pem", "/own.pem"),
        ("redis://valkey.example.com/0", None),
        ("unix:///run/valkey.sock", None),
    ],
)
def test_the_queue_is_checked_with_the_bundle_where_it_speaks_tls(
    url: str, authorities: str | None
) -> None:
    client = redis.Redis.from_url(env.queue(url, Path("/etc/berth/ca.pem")))
    assert client.connection_pool.connection_kwargs.get("ssl_ca_certs") == authorities
