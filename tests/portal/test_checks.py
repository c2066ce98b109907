"""What the system checks say of a configuration."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts import actions
from accounts.models import User
from audit.ledger import Actor
from portal import env, production
from portal.checks import configuration
from portal.demo import people
from portal.deployment import deployment

ROOT = Path(__file__).resolve().parents[2]
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
    "BERTH_TOKEN_PEPPERS": ["k" * 64],
    "BERTH_GIT_KEYS": {"1": "k" * 64},
    "BERTH_BEHIND_PROXY": True,
    "DATA": Path("/srv/berth"),
    "BERTH_GIT_FOLDER": Path("/srv/repositories"),
    "BERTH_AUDIT_ANCHORS": Path("/srv/audit/anchors.jsonl"),
}


MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:27 / /scratch rw - tmpfs tmpfs rw
31 22 0:52 / /pod rw master:1 - overlay overlay rw,lowerdir=/x
32 31 8:16 / /pod/kept rw - ext4 /dev/sdb rw
"""


@pytest.fixture(autouse=True)
def _a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Give a machine whose file systems and static files are as they should be."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    monkeypatch.setattr(production, "MOUNTS", mounts)
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "staticfiles.json").touch()


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
        ("portal.E006", {"BERTH_TOKEN_PEPPERS": ["k" * 64, "short"]}),
        ("portal.E007", {"BERTH_NAME_PATTERNS": {"workload_namespace": "{tenant}_{application}"}}),
        ("portal.E013", {"BERTH_ENTITLEMENT_GROUPS": ["{tenant}-{environment}-deployers"]}),
        ("portal.E020", {"BERTH_CA_BUNDLE": Path("/nowhere/ca.pem")}),
        ("portal.E020", {"BERTH_CA_BUNDLE": Path(__file__)}),
        ("portal.E021", {"BERTH_NO_PROXY": ["10.0.0.1:6443"]}),
        ("portal.E021", {"BERTH_NO_PROXY": ["https://api.example.com"]}),
        ("portal.E008", {"DEBUG": True}),
        ("portal.W002", {"BERTH_QUEUE_URL": "redis://valkey.example.com/0"}),
        ("portal.W003", {"BERTH_BEHIND_PROXY": False}),
        ("portal.W005", {"BERTH_QUEUE_URL": "redis://127.0.0.1:6390/0"}),
        ("portal.W005", {"BERTH_QUEUE_URL": "unix:///srv/berth/queue.sock"}),
        ("portal.W006", {"BERTH_AUDIT_ANCHORS": Path("/srv/berth/anchors.jsonl")}),
        ("portal.W007", {"BERTH_GIT_FOLDER": Path("/scratch/repositories")}),
        ("portal.W007", {"BERTH_GIT_FOLDER": Path("/pod/repositories")}),
        ("portal.W007", {"BERTH_AUDIT_ANCHORS": Path("/pod/anchors.jsonl")}),
        ("portal.W008", {"STATIC_ROOT": Path("/nowhere")}),
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


def test_a_volume_that_stays_inside_a_container_is_right(settings: Settings) -> None:
    assert found(settings, BERTH_GIT_FOLDER=Path("/pod/kept/repositories")) == set()


@pytest.mark.parametrize(
    ("variables", "unchecked"),
    [
        ({"HOST": "db.example.com"}, True),
        ({"HOST": "db.example.com", "TLS": "verify-full"}, False),
        ({"HOST": "/run/postgresql"}, False),
        ({}, False),
    ],
)
def test_a_distant_database_has_to_show_who_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], *, unchecked: bool
) -> None:
    for name in ("HOST", "TLS"):
        monkeypatch.delenv(f"BERTH_DATABASE_{name}", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(f"BERTH_DATABASE_{name}", value)
    assert production.is_unchecked(env.database("postgresql", tmp_path)) is unchecked


def test_deploying_an_embedded_portal_tells_what_it_lacks(db: None, settings: Settings) -> None:
    embedded = {"BERTH_EMBEDDED": True, "BERTH_TLS": False, "BERTH_DATABASE": "sqlite"}
    found(settings, **embedded)
    told = {message.id for message in deployment()}
    assert {"portal.E003", "portal.E005", "portal.E009"} <= told


def test_demonstration_accounts_are_told_until_they_are_switched_off(
    db: None, settings: Settings, olivia: User
) -> None:
    people.make(by=Actor("command:test", "test"))
    found(settings)
    told = next(message for message in deployment() if message.id == "portal.W009")
    assert "andy, audrey, dana, olga, pat, rex" in told.msg
    for user in User.objects.exclude(pk=olivia.pk):
        actions.switch_off(user, by=olivia)
    assert deployment() == []


def test_a_database_that_is_not_migrated_is_told_and_hides_nothing(tmp_path: Path) -> None:
    told = checked(tmp_path, BERTH_EMBEDDED="False", BERTH_LEASE_SECONDS="soon")
    for sentence in (
        "The database does not answer as it should",
        "BERTH_SECRET_KEY or BERTH_SECRET_KEY_FILE must be set",
        "BERTH_TOKEN_PEPPER or BERTH_TOKEN_PEPPER_FILE must be set",
        "BERTH_LEASE_SECONDS must be a whole number",
        "SQLite serves one machine only",
        "BERTH_URL does not begin with https://",
        "The entitlement file cannot be used",
    ):
        assert sentence in told


def checked(data: Path, **variables: str) -> str:
    """Return what `manage.py check --deploy` says, which finds something."""
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check", "--deploy"],
        env={"PATH": os.defpath, "BERTH_DATA": str(data), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def test_an_embedded_portal_may_do_without_all_of_that(settings: Settings) -> None:
    assert found(settings, BERTH_EMBEDDED=True, BERTH_TLS=False, BERTH_DATABASE="sqlite") == set()
