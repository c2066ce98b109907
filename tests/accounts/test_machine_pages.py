"""Pages on which operators make and list the tokens of machines."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from time_machine import Traveller

from accounts import actions, tokens
from accounts.models import MachineToken, Scope, User
from audit.models import Entry
from tests.make import browser_of

ASKED = {
    "name": "billing",
    "contact": "Team Money",
    "scope": "cmdb:read",
    "networks": "10.20.0.0/16, 192.0.2.7",
    "days": 30,
}


def made_by(browser: Client, **changes: object) -> str:
    page = browser.post("/machines/new/", ASKED | changes).text
    found = re.search(r"<code>(berth_[^<]+)</code>", page)
    assert found
    return found[1]


def test_a_token_is_made_shown_once_and_opens_from_its_networks(olivia: User) -> None:
    browser = browser_of(olivia)
    text = made_by(browser)
    assert tokens.verify(text, Scope.CMDB_READ, address="192.0.2.7")
    page = browser.get("/machines/").text
    assert "billing" in page
    assert "Team Money" in page
    assert "10.20.0.0/16" in page
    assert text not in page


def test_the_page_with_a_new_token_is_kept_by_no_browser(olivia: User) -> None:
    answer = browser_of(olivia).post("/machines/new/", ASKED)
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ""),
        ("contact", ""),
        ("scope", "git"),
        ("scope", "orders:write"),
        ("networks", "10.20.0.1/16"),
        ("days", "3650"),
    ],
)
def test_a_form_with_a_fault_makes_no_token(olivia: User, field: str, wrong: str) -> None:
    answer = browser_of(olivia).post("/machines/new/", ASKED | {field: wrong})
    assert answer.status_code == 422
    assert not MachineToken.objects.exists()


def test_nobody_but_operators_makes_one(alice: User, audra: User) -> None:
    for person in (alice, audra):
        assert browser_of(person).post("/machines/new/", ASKED).status_code == 403
    assert not MachineToken.objects.exists()


def test_the_entry_says_who_answers_for_it_and_whence_it_may_come(olivia: User) -> None:
    made_by(browser_of(olivia))
    changes = Entry.objects.get(verb="issued token").changes
    assert changes["contact"] == [None, "Team Money"]
    assert changes["networks"] == [None, "10.20.0.0/16, 192.0.2.7/32"]


def test_what_expires_soon_is_found_before_it_does(clock: Traveller, olivia: User) -> None:
    browser = browser_of(olivia)
    made_by(browser, name="nightly-copy", days=30)
    made_by(browser, name="yearly-copy", days=365)
    assert "nightly-copy" not in browser.get("/machines/?state=soon").text
    clock.shift(timedelta(days=20))
    browser = browser_of(olivia)
    page = browser.get("/machines/?state=soon").text
    assert "nightly-copy" in page
    assert "yearly-copy" not in page
    assert "Expires soon" in page


def test_the_list_tells_the_last_use_and_whence_it_came(olivia: User) -> None:
    browser = browser_of(olivia)
    tokens.verify(made_by(browser), Scope.CMDB_READ, address="10.20.3.4")
    assert "from 10.20.3.4" in browser.get("/machines/").text


def test_what_was_revoked_is_found_among_what_is_over(olivia: User) -> None:
    token, _ = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    browser = browser_of(olivia)
    assert "billing" not in browser.get("/machines/?state=over").text
    actions.revoke_token(token, by=olivia, reason="leaked")
    assert "billing" in browser.get("/machines/?state=over").text
    assert Entry.objects.get(verb="revoked token").reason == "leaked"
