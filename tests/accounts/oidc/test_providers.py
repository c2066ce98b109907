"""Reading the file of identity providers: every fault is told at once, and none is let through."""

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.oidc import providers
from portal.checks import configuration
from portal.deployment import deployment
from tests.accounts.oidc.conftest import Write

ROOT = Path(__file__).resolve().parents[3]
MARK = "client_id:"  # by which examples of this file are known among others
RIGHT: dict[str, Any] = {
    "slug": "corp",
    "label": "Corp account",
    "issuer": "https://idp.example.com",
    "client_id": "berth",
    "groups_claim": "groups",
}

FAULTS = [
    ("needs `slug`", {"slug": None}),
    ("has a `slug` that cannot be used", {"slug": "Corp/x"}),
    ("needs `issuer`", {"issuer": None}),
    ("begins with https://", {"issuer": "http://idp.example.com"}),
    ("begins with https://", {"issuer": "https://me@idp.example.com"}),
    ("without a query", {"issuer": "https://idp.example.com?x=1"}),
    ("at most", {"issuer": "https://idp.example.com/" + "a" * 200}),
    ("needs `client_id`", {"client_id": None}),
    (
        "NOT_SET_ANYWHERE as `client_secret`, which is not set",
        {"client_secret": "NOT_SET_ANYWHERE"},
    ),
    ("has a `client_secret` that cannot be used", {"client_secret": "hunter2"}),
    ("`openid` among its `scopes`", {"scopes": ["profile"]}),
    ("must have a list of texts as `scopes`", {"scopes": "openid"}),
    ("gives a role 'emperor'", {"roles": {"emperor": ["x"]}}),
    ("gives a role 'emperor'", {"everybody": ["emperor"]}),
    ("more than one star", {"roles": {"developer": ["a*b*"]}}),
    ("more than one star", {"tenants": {"{tenant}": ["{tenant}-*"]}}),
    ("braces around something else", {"tenants": {"retail": ["{team}-x"]}}),
    ("needs {tenant} in its pattern", {"tenants": {"{tenant}": ["team"]}}),
    ("no `groups_claim`", {"groups_claim": "", "roles": {"developer": ["x"]}}),
    ("no `groups_claim`", {"groups_claim": "", "admit": ["x"]}),
    ("from 0 to 300 as `leeway_seconds`", {"leeway_seconds": 3600}),
    ("from 0 to 300 as `leeway_seconds`", {"leeway_seconds": True}),
    ("from 60 to 86400 as `max_age_seconds`", {"step_up": {"max_age_seconds": 0}}),
    ("has `max_age`, which means nothing", {"step_up": {"max_age": 5}}),
    ("`step_up`, must be a mapping", {"step_up": 5}),
    ("has `rolles`, which means nothing here", {"rolles": {}}),
]


def faults_of(configure: Write, *entries: dict[str, Any]) -> str:
    found = providers.read(configure(*entries))
    return "\n".join(found.faults)


def test_a_right_entry_is_offered(configure: Write) -> None:
    assert faults_of(configure, RIGHT) == ""
    assert [each.slug for each in providers.offered()] == ["corp"]


@pytest.mark.parametrize(("words", "wrong"), FAULTS, ids=[str(each[1]) for each in FAULTS])
def test_a_fault_is_told_and_its_provider_not_offered(
    configure: Write, words: str, wrong: dict[str, Any]
) -> None:
    changed = {name: value for name, value in (RIGHT | wrong).items() if value is not None}
    assert words in faults_of(configure, changed)
    assert providers.offered() == []


def test_every_fault_of_every_entry_is_told_at_once(configure: Write) -> None:
    told = faults_of(configure, RIGHT | {"slug": "X"}, RIGHT | {"label": 5, "scopes": []})
    assert len(told.splitlines()) == 3
    assert "Provider 2" in told


def test_a_secret_in_the_file_is_not_repeated(configure: Write) -> None:
    assert "hunter2" not in faults_of(configure, RIGHT | {"client_secret": "hunter2"})


def test_two_providers_are_never_mistaken_for_one_another(configure: Write) -> None:
    other = RIGHT | {"slug": "other", "issuer": "https://idp.example.com:8443"}
    assert "people could be mistaken" in faults_of(configure, RIGHT, other)
    assert "have the slug corp" in faults_of(configure, RIGHT, RIGHT)
    assert "have the issuer" in faults_of(configure, RIGHT, RIGHT | {"slug": "other"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 2\nproviders: [{}]",
        "version: 1",
        "[",
        "version: 1\nversion: 1",
        "version: 1\nproviders: 5",
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, settings: Settings, text: str) -> None:
    settings.BERTH_OIDC_FILE = tmp_path / "broken.yaml"
    settings.BERTH_OIDC_FILE.write_text(text)
    assert "portal.E030" in {message.id for message in configuration()}


def test_a_file_that_is_not_there_is_told(tmp_path: Path, settings: Settings) -> None:
    settings.BERTH_OIDC_FILE = tmp_path / "nowhere.yaml"
    assert "cannot be read" in str(configuration())


def test_every_example_of_the_documents_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "configure.md").read_text()
    examples = [each for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if MARK in each]
    assert len(examples) >= 4
    for number, example in enumerate(examples):
        for name in re.findall(r"client_secret: (\w+)", example):
            monkeypatch.setenv(name, "secret")
        file = tmp_path / f"{number}.yaml"
        file.write_text(example)
        assert providers.read(file).faults == []


def test_a_portal_that_nobody_can_sign_in_to_is_told(settings: Settings) -> None:
    settings.BERTH_LOCAL_ACCOUNTS = False
    assert "portal.E031" in {message.id for message in configuration()}


@pytest.mark.django_db
def test_a_deployment_is_told_that_passwords_still_open_it(
    configure: Write, settings: Settings
) -> None:
    configure(RIGHT)
    assert "portal.W010" in {message.id for message in deployment()}
    settings.BERTH_LOCAL_ACCOUNTS = False
    assert "portal.W010" not in {message.id for message in deployment()}
