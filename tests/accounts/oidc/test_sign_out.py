"""Signing out at the provider too, and being signed out by it over the back channel."""

from typing import Any

import pytest
import requests
from django.http import HttpResponse
from django.test import Client

from accounts.models import Session, User
from accounts.oidc import discovery
from audit.models import Entry
from tests.accounts.conftest import is_in, sign_in
from tests.accounts.oidc.conftest import Write, asked, came_in, entry
from tests.accounts.oidc.fake_provider import FakeProvider, running

pytestmark = pytest.mark.django_db

CHANNEL = "/sign-out/corp/back-channel/"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def called(token: str, channel: str = CHANNEL) -> HttpResponse:
    """Return what the provider is answered; it has no cookie and no form of ours."""
    answer = Client(enforce_csrf_checks=True).post(channel, {"logout_token": token})
    assert isinstance(answer, HttpResponse)
    return answer


def test_signing_out_goes_on_to_the_provider(provider: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    answer = browser.post("/sign-out/")
    assert answer.headers["Location"] == "/signed-out/"
    assert not is_in(browser)
    page = browser.get("/signed-out/")
    assert 'content="0; url=/signed-out/onward/"' in page.text
    assert "eyJ" not in page.text
    onward = browser.get("/signed-out/onward/").headers["Location"]
    requests.get(onward, timeout=5, allow_redirects=False)
    assert provider.ended["client_id"] == "berth"
    assert provider.ended["post_logout_redirect_uri"] == "http://testserver/signed-out/"
    assert provider.ended["id_token_hint"].count(".") == 2


def test_the_way_onward_leads_there_once(provider: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    browser.post("/sign-out/")
    browser.get("/signed-out/onward/")
    assert browser.get("/signed-out/onward/").headers["Location"] == "/signed-out/"
    assert "Sign in again" in browser.get("/signed-out/").text


def test_a_local_account_signs_out_here_alone(provider: FakeProvider, alice: User) -> None:
    answer = sign_in().post("/sign-out/")
    assert answer.headers["Location"] == "/sign-in/"


def test_signing_out_here_works_while_the_provider_is_away(provider: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    discovery.forget()
    provider.away = True
    assert browser.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert not is_in(browser)


def test_no_session_row_holds_a_token_in_the_open(provider: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    kept = dict(browser.session.items())
    assert not any("eyJ" in str(value) for value in kept.values())
    browser.post("/sign-out/")
    assert "eyJ" not in str(dict(browser.session.items()))


def test_the_provider_ends_a_session_at_once(provider: FakeProvider) -> None:
    first, second = Client(), Client()
    came_in(first)
    provider.says(sid="session-2")
    came_in(second)
    assert called(provider.logout_token()).status_code == 200
    assert not is_in(first)
    assert is_in(second)


def test_the_provider_ends_every_session_of_a_person(provider: FakeProvider) -> None:
    browsers = [Client(), Client()]
    for browser in browsers:
        came_in(browser)
    provider.subject = "berta-1"
    other = Client()
    came_in(other)
    assert called(provider.logout_token(sid=None, sub="anna-1")).status_code == 200
    assert [is_in(browser) for browser in browsers] == [False, False]
    assert is_in(other)


def test_a_sign_in_that_named_no_session_ends_with_its_person(provider: FakeProvider) -> None:
    provider.says(sid=None)
    browser = Client()
    came_in(browser)
    assert called(provider.logout_token(sub="anna-1")).status_code == 200
    assert not is_in(browser)


def test_where_person_and_session_are_named_only_that_session_ends(provider: FakeProvider) -> None:
    first, second = Client(), Client()
    came_in(first)
    provider.says(sid="session-2")
    came_in(second)
    assert called(provider.logout_token(sub="anna-1")).status_code == 200
    assert (is_in(first), is_in(second)) == (False, True)


def test_the_ledger_tells_whom_the_provider_signed_out(provider: FakeProvider) -> None:
    came_in(Client())
    called(provider.logout_token())
    noted = Entry.objects.get(verb="was signed out")
    assert noted.actor == "provider:corp"
    assert noted.object_uuid == User.objects.get(subject="anna-1").uuid
    assert "eyJ" not in str(noted.changes)


HOSTILE: dict[str, dict[str, Any]] = {
    "no event": {"events": None},
    "another event": {"events": {"http://example.com/event": {}}},
    "event that is no object": {"events": {EVENT: "x"}},
    "a nonce": {"nonce": "n"},
    "another issuer": {"iss": "https://idp.example.com"},
    "another audience": {"aud": "other"},
    "no jti": {"jti": None},
    "no iat": {"iat": None},
    "neither sid nor sub": {"sid": None},
    "sid that is a list": {"sid": ["session-1"]},
    "an hour old": {"iat": 1, "exp": None},
    "expired": {"exp": 1},
}


@pytest.mark.parametrize("lie", HOSTILE.values(), ids=HOSTILE)
def test_a_lie_on_the_back_channel_ends_nothing(
    provider: FakeProvider, lie: dict[str, Any]
) -> None:
    browser = Client()
    came_in(browser)
    answer = called(provider.logout_token(**lie))
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    assert is_in(browser)
    noted = Entry.objects.get(verb="refused sign-out")
    assert noted.reason.startswith("identity.token-refused")


def test_an_id_token_is_no_logout_token(provider: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    assert called(provider.id_token("n")).status_code == 400
    assert is_in(browser)


def test_a_logout_token_of_another_kind_is_refused(provider: FakeProvider) -> None:
    provider.header = {"typ": "at+jwt"}
    assert called(provider.logout_token()).status_code == 400


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 200_000])
def test_what_is_no_token_ends_nothing(provider: FakeProvider, token: str) -> None:
    assert called(token).status_code == 400


def test_a_logout_token_counts_once(provider: FakeProvider) -> None:
    came_in(Client())
    token = provider.logout_token()
    assert called(token).status_code == 200
    browser = Client()
    came_in(browser)
    assert called(token).status_code == 400
    assert is_in(browser)


def test_one_provider_does_not_end_sessions_of_another(
    provider: FakeProvider, configure: Write
) -> None:
    with running() as other:
        configure(entry(provider), entry(other, "other"))
        browser = Client()
        came_in(browser)
        for named in ({}, {"sub": "anna-1"}, {"sub": "anna-1", "sid": None}):
            token = other.logout_token(**named)
            assert called(token, "/sign-out/other/back-channel/").status_code == 200
            assert called(token).status_code == 400
        assert is_in(browser)


def test_a_strangers_garbage_does_not_fill_the_ledger(provider: FakeProvider) -> None:
    for _ in range(130):
        called("a.b.c")
    assert Entry.objects.filter(verb="refused sign-out").count() == 120
    assert not Session.objects.exists()


def test_the_hint_names_the_session_that_ends(provider: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    browser.post("/sign-out/")
    onward = browser.get("/signed-out/onward/").headers["Location"]
    assert set(asked(onward)) == {"client_id", "post_logout_redirect_uri", "id_token_hint"}
