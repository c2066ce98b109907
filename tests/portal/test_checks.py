"""What the system checks say of a configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from portal.checks import configuration
from portal.demo import people

POLICY = Path(people.__file__).with_name("entitlements.yaml")
PRODUCTION: Mapping[str, Any] = {
    "BERTH_EMBEDDED": False,
    "BERTH_URL": "https://berth.example.com",
    "BERTH_TLS": True,
    "ALLOWED_HOSTS": ["berth.example.com"],
    "BERTH_DATABASE": "postgresql",
    "BERTH_QUEUE_URL": "rediss://:secret@valkey.example.com/0",
    "BERTH_ENTITLEMENT_FILE": POLICY,
    "SECRET_KEY": "k" * 64,
    "BERTH_FIELD_KEYS": ["k" * 64],
    "BERTH_TOKEN_PEPPER": "k" * 64,
    "BERTH_GIT_KEYS": {"1": "k" * 64},
}


def found(settings: Settings, **wrong: object) -> set[str]:
    for name, value in {**PRODUCTION, **wrong}.items():
        setattr(settings, name, value)
    return {message.id or "" for message in configuration()}


def test_a_right_configuration_gives_no_message(settings: Settings) -> None:
    assert found(settings) == set()


@pytest.mark.parametrize(
    ("ident", "wrong"),
    [
        ("portal.W001", {"BERTH_ENTITLEMENT_FILE": Path("/nowhere/entitlements.yaml")}),
        ("portal.E001", {"BERTH_NAME_PATTERNS": {"workload_namespace": "{tenant}-{colour}"}}),
        ("portal.E002", {"BERTH_NAME_PATTERNS": {"workload_namespace": "{tenant}-{application}"}}),
        ("portal.E003", {"BERTH_TLS": False}),
        ("portal.E004", {"ALLOWED_HOSTS": ["127.0.0.1", "localhost"]}),
        ("portal.E004", {"ALLOWED_HOSTS": ["berth.example.com", "*"]}),
        ("portal.E005", {"BERTH_DATABASE": "sqlite"}),
        ("portal.E006", {"BERTH_TOKEN_PEPPER": "short"}),
        ("portal.E007", {"BERTH_NAME_PATTERNS": {"workload_namespace": "{tenant}_{application}"}}),
        ("portal.E020", {"BERTH_CA_BUNDLE": Path("/nowhere/ca.pem")}),
        ("portal.E020", {"BERTH_CA_BUNDLE": Path(__file__)}),
        ("portal.E021", {"BERTH_NO_PROXY": ["10.0.0.1:6443"]}),
        ("portal.E021", {"BERTH_NO_PROXY": ["https://api.example.com"]}),
        ("portal.W002", {"BERTH_QUEUE_URL": "redis://valkey.example.com/0"}),
    ],
)
def test_what_is_wrong_is_told(settings: Settings, ident: str, wrong: dict[str, Any]) -> None:
    assert ident in found(settings, **wrong)


def test_why_a_file_of_authorities_is_no_use_is_told(settings: Settings, tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.touch()
    found(settings, BERTH_CA_BUNDLE=empty)
    assert f"{empty} holds no certificate" in str(configuration())
    found(settings, BERTH_CA_BUNDLE=tmp_path / "absent.pem")
    assert "cannot be read: No such file" in str(configuration())


def test_everything_is_told_at_once(settings: Settings) -> None:
    wrong = {"BERTH_TLS": False, "BERTH_DATABASE": "sqlite", "SECRET_KEY": "short"}
    assert {"portal.E003", "portal.E005", "portal.E006"} <= found(settings, **wrong)


def test_no_message_repeats_a_secret(settings: Settings) -> None:
    found(settings, SECRET_KEY="hunter2", BERTH_QUEUE_URL="redis://hunter2.example.com")
    assert "hunter2" not in " ".join(str(message) for message in configuration())


def test_an_embedded_portal_may_do_without_all_of_that(settings: Settings) -> None:
    assert found(settings, BERTH_EMBEDDED=True, BERTH_TLS=False, BERTH_DATABASE="sqlite") == set()
