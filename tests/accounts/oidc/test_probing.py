"""Trying the connection to an identity provider, on one that answers and one that does not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from accounts.oidc import probing, providers
from accounts.oidc.providers import Provider
from portal.reaching import Tried
from tests.accounts.oidc.conftest import Write, entry
from tests.accounts.oidc.fake_provider import SECRET, FakeProvider


def tried(**changes: Any) -> list[Tried]:
    provider = providers.named("corp")
    assert isinstance(provider, Provider)
    return list(probing.tried(replace(provider, **changes)))


def failure(rows: Sequence[Tried]) -> tuple[str, str, str]:
    """Return the last row, which is the only one that failed."""
    assert all(row.ok is not False for row in rows[:-1]), rows
    assert rows[-1].ok is False, rows
    assert rows[-1].change
    return rows[-1].stage, rows[-1].came_back, rows[-1].change


def test_a_provider_is_tried_up_to_whether_it_knows_the_client(provider: FakeProvider) -> None:
    rows = tried()
    assert all(row.ok for row in rows)
    assert [row.stage for row in rows] == [
        *("Name", "Connection", "Discovery", "Clock", "Issuer", "Addresses", "Keys"),
        *("Keys that verify", "Client"),
    ]
    assert rows[-2].came_back == "1 of kind RSA."
    assert SECRET not in repr(rows)


@pytest.mark.parametrize(
    ("said", "stage", "told"),
    [
        ({"issuer": "https://other.example.com"}, "Issuer", "It calls itself https://other"),
        ({"token_endpoint": "ftp://idp/token"}, "Addresses", "token_endpoint"),
        ({"authorization_endpoint": None}, "Addresses", "authorization_endpoint"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "Addresses", "no algorithm"),
    ],
)
def test_a_document_that_cannot_be_used_is_told(
    provider: FakeProvider, said: dict[str, Any], stage: str, told: str
) -> None:
    provider.metadata = said
    found = failure(tried())
    assert found[0] == stage
    assert told in found[1]


def test_keys_that_are_not_there_are_told(provider: FakeProvider) -> None:
    provider.metadata = {"jwks_uri": f"{provider.address}/elsewhere"}
    stage, told, _ = failure(tried())
    assert stage == "Keys"
    assert "status 404" in told
    provider.metadata = {}
    provider.publishes = []
    assert failure(tried())[0] == "Keys that verify"


def test_a_provider_that_fails_is_told(provider: FakeProvider) -> None:
    provider.away = True
    stage, told, change = failure(tried())
    assert (stage, change) == (
        "Discovery",
        "Look at its log of this moment; it is not Berth that fails here.",
    )
    assert "status 503" in told


def test_a_wrong_secret_is_told_and_shown_nowhere(provider: FakeProvider) -> None:
    rows = tried(secret="a wrong one")
    stage, told, _ = failure(rows)
    assert stage == "Client"
    assert "invalid_client" in told
    assert "a wrong one" not in repr(rows)


def test_an_endpoint_that_says_neither_is_left_undecided(provider: FakeProvider) -> None:
    provider.says_for_tokens = (200, b"<html>")
    row = tried()[-1]
    assert (row.stage, row.ok) == ("Client", None)


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_is_off_is_told(provider: FakeProvider, seconds: int) -> None:
    provider.ahead = seconds
    (row,) = [row for row in tried() if not row.ok]
    assert row.stage == "Clock"
    assert ("ahead" if seconds > 0 else "behind") in row.came_back
    assert "NTP" in row.change


def test_a_clock_within_the_leeway_is_good(provider: FakeProvider) -> None:
    provider.ahead = 30
    assert all(row.ok for row in tried())


def test_nobody_at_the_address_is_told(configure: Write) -> None:
    configure(entry(FakeProvider("http://127.0.0.1:1")))
    assert failure(tried())[0] == "Connection"
