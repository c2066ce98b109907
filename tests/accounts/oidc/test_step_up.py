"""Approving asks for a fresh sign-in where the provider's entry says so."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from accounts.models import User
from audit.models import Entry
from tests.accounts.conftest import is_in
from tests.accounts.oidc.conftest import (
    START,
    Write,
    answered,
    asked,
    begun,
    came_in,
    entry,
    sent_back,
)
from tests.accounts.oidc.fake_provider import FakeProvider
from tests.make import browser_of

pytestmark = pytest.mark.django_db

AGAIN = f"{START}?again=1&next=/approvals/7/"
PAGE = "/sign-in-again/?next=/approvals/7/"


@pytest.fixture
def strict(provider: FakeProvider, configure: Write) -> FakeProvider:
    step_up = {"max_age_seconds": 900, "acr_values": ["mfa"]}
    configure(entry(provider, step_up=step_up, everybody=["approver"], leeway_seconds=0))
    provider.says(acr="mfa")
    return provider


def approving(browser: Client) -> str:
    """Try to approve; return where that leads, or the code of the answer."""
    answer = browser.post("/approvals/7/approve/", {"digest": "d"})
    return answer.headers.get("Location", str(answer.status_code))


def test_a_fresh_sign_in_may_approve(strict: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    assert approving(browser) == "404"  # the order is not there; nothing else hinders
    assert browser.get(PAGE).headers["Location"] == "/approvals/7/"


@pytest.mark.parametrize("lacking", ["old", "weak", "silent", "milliseconds"])
def test_who_is_not_fresh_is_asked_to_sign_in_again(
    strict: FakeProvider, clock: Traveller, lacking: str
) -> None:
    lies: dict[str, dict[str, Any]] = {
        "weak": {"acr": "pwd"},
        "silent": {"auth_time": None},
        "milliseconds": {"auth_time": 1_795_000_000_000},
    }
    strict.says(**lies.get(lacking, {}))
    browser = Client()
    came_in(browser)
    clock.shift(timedelta(seconds=901 if lacking == "old" else 1))
    page = browser.get(PAGE)
    assert page.status_code == 200
    assert "again=1&amp;next=%2Fapprovals%2F7%2F" in page.text


def test_the_provider_is_asked_for_a_fresh_sign_in(strict: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    query = asked(begun(browser, AGAIN))
    assert (query["max_age"], query["acr_values"]) == ("900", "mfa")


def test_a_fresh_sign_in_leads_back_to_the_decision(strict: FakeProvider, clock: Traveller) -> None:
    browser = Client()
    came_in(browser)
    clock.shift(timedelta(minutes=20))
    assert browser.get(PAGE).status_code == 200
    before = browser.session.session_key
    assert came_in(browser, AGAIN).headers["Location"] == "/approvals/7/"
    assert browser.get(PAGE).status_code == 302
    assert browser.session.session_key != before
    assert Entry.objects.filter(verb="signed in afresh").count() == 1


def refused(answer: HttpResponse, browser: Client) -> str:
    assert answer.status_code == 403
    assert is_in(browser)  # as who they were
    assert browser.get(PAGE).status_code == 200
    return answer.text


@pytest.mark.parametrize(
    "lie",
    [{"auth_time": 1}, {"auth_time": 10**13}, {"auth_time": None}, {"acr": "pwd"}, {"acr": None}],
)
def test_a_provider_that_did_not_ask_afresh_is_not_believed(
    strict: FakeProvider, clock: Traveller, lie: dict[str, Any]
) -> None:
    browser = Client()
    came_in(browser)
    clock.shift(timedelta(minutes=20))
    strict.says(**lie)
    assert "identity.token-refused" in refused(came_in(browser, AGAIN), browser)


def test_nobody_proves_freshness_for_another(strict: FakeProvider, clock: Traveller) -> None:
    browser = Client()
    came_in(browser)
    clock.shift(timedelta(minutes=20))
    address = begun(browser, AGAIN)
    strict.subject = "berta-1"
    assert "identity.other-person" in refused(answered(browser, sent_back(address)), browser)
    assert not User.objects.filter(subject="berta-1").exists()
    assert Entry.objects.get(verb="refused sign-in").reason.startswith("identity.other-person")


def test_nobody_approves_who_came_by_a_provider_that_is_gone(
    strict: FakeProvider, settings: Settings
) -> None:
    browser = Client()
    came_in(browser)
    settings.BERTH_OIDC_FILE = None
    answer = browser.get(PAGE)
    assert answer.status_code == 403
    assert "identity.not-fresh" in answer.text


def test_local_accounts_are_not_asked(strict: FakeProvider, bob: User) -> None:
    assert browser_of(bob).get(PAGE).status_code == 302
