"""Signing in and out with a local account."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Session, User
from audit.models import Entry
from tests.accounts.conftest import SIGN_IN, is_in, sign_in
from tests.make import PASSWORD, browser_of


def test_a_person_signs_in_and_out_again(alice: User) -> None:
    browser = sign_in()
    assert is_in(browser)
    browser.post(reverse("accounts:sign-out"))
    assert not is_in(browser)
    assert not Session.objects.filter(user=alice).exists()


def test_the_ledger_tells_of_sign_in_and_sign_out(alice: User) -> None:
    sign_in().post(reverse("accounts:sign-out"))
    verbs = Entry.objects.filter(actor=alice.ident).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["signed in", "signed out"]


def test_a_name_may_be_typed_in_capitals(alice: User) -> None:
    assert is_in(sign_in("ALICE"))


@pytest.mark.parametrize(
    ("username", "password"),
    [("alice", "wrong"), ("nobody", PASSWORD), ("dave", PASSWORD)],
    ids=["wrong password", "no such person", "switched off"],
)
def test_every_failed_sign_in_reads_the_same(alice: User, username: str, password: str) -> None:
    User.objects.create_user("dave", password=PASSWORD, subject="dave", is_active=False)
    answer = Client().post(SIGN_IN, {"username": username, "password": password})
    assert answer.status_code == 422
    assert "User name and password do not belong together" in answer.text
    assert username in answer.text


def test_the_session_has_a_new_key_after_sign_in(alice: User) -> None:
    browser = Client()
    planted = browser.session
    planted["seen before"] = True
    planted.save()
    sign_in(browser=browser)
    assert browser.session.session_key != planted.session_key


def test_a_person_who_is_signed_in_is_not_asked_again(alice: User) -> None:
    answer = browser_of(alice).get(SIGN_IN, {"next": "/you/"})
    assert answer.headers["Location"] == "/you/"


def test_sign_in_goes_on_to_the_page_that_was_asked_for(alice: User) -> None:
    browser = Client()
    asked = browser.get("/you/?tab=git").headers["Location"]
    assert asked == "/sign-in/?next=%2Fyou%2F%3Ftab%3Dgit"
    answer = browser.post(
        SIGN_IN, {"username": "alice", "password": PASSWORD, "next": "/you/?tab=git"}
    )
    assert answer.headers["Location"] == "/you/?tab=git"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "///e.x"],
)
def test_sign_in_never_goes_on_to_another_site(alice: User, elsewhere: str) -> None:
    browser = browser_of(alice)
    answer = browser.get(SIGN_IN, {"next": elsewhere})
    assert answer.headers["Location"] == reverse("onboarding:home")


def test_sign_in_needs_its_own_form(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(SIGN_IN, {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 403
    assert not is_in(browser)


def test_signing_out_by_a_link_is_refused(alice: User) -> None:
    browser = browser_of(alice)
    assert browser.get(reverse("accounts:sign-out")).status_code == 405
    assert is_in(browser)
