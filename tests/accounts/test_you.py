"""One's own account."""

import re

import pytest
from django.test import Client

from accounts import tokens
from accounts.models import MachineToken, Scope, User
from accounts.passwords import person_by_basic
from tests.accounts.conftest import again, is_in, sign_in
from tests.make import PASSWORD, browser_of

NEW = "seven quiet otters"


def made_by(browser: Client) -> str:
    """Return the Git password that the page shows after making one."""
    page = browser.post("/you/git-passwords/", {"scope": "git", "name": "laptop", "days": 90}).text
    found = re.search(r"<code>(berth_[^<]+)</code>", page)
    assert found
    return found[1]


def test_a_git_password_is_made_shown_once_and_works(alice: User) -> None:
    browser = browser_of(alice)
    text = made_by(browser)
    assert person_by_basic("alice", text, address=None) == alice
    page = browser.get("/you/").text
    assert "laptop" in page
    assert text not in page


def test_a_token_for_the_api_opens_what_was_chosen_and_no_repository(alice: User) -> None:
    sent = {"scope": "orders:write", "name": "robot", "days": 30}
    page = browser_of(alice).post("/you/git-passwords/", sent).text
    text = re.findall(r"<code>(berth_[^<]+)</code>", page)[0]
    token = tokens.verify(text, Scope.ORDERS_WRITE)
    assert token
    assert token.owner == alice
    assert person_by_basic("alice", text, address=None) is None


def test_a_git_password_is_revoked_after_a_question(alice: User) -> None:
    browser = browser_of(alice)
    text = made_by(browser)
    address = f"/you/git-passwords/{MachineToken.objects.get().uuid}/revoke/"
    assert "can no longer clone, push or call as you" in browser.get(address).text
    browser.post(address)
    assert person_by_basic("alice", text, address=None) is None


def test_somebody_elses_git_password_reads_like_one_that_does_not_exist(
    alice: User, bob: User
) -> None:
    made_by(browser_of(alice))
    token = MachineToken.objects.get()
    address = f"/you/git-passwords/{token.uuid}/revoke/"
    assert browser_of(bob).post(address).status_code == 404
    token.refresh_from_db()
    assert token.enabled


def test_a_git_password_without_a_name_or_for_ten_years_is_not_made(alice: User) -> None:
    answer = browser_of(alice).post(
        "/you/git-passwords/", {"scope": "git", "name": "", "days": 3650}
    )
    assert answer.status_code == 422
    assert not MachineToken.objects.exists()


def test_a_new_password_works_and_signs_out_every_other_browser(alice: User) -> None:
    here, there = browser_of(alice), browser_of(alice)
    here.post("/you/password/", {"present": PASSWORD, "password": NEW, "again": NEW})
    assert is_in(here)
    assert not is_in(there)
    assert is_in(sign_in(password=NEW))
    assert not is_in(sign_in(password=PASSWORD))


@pytest.mark.parametrize(
    ("present", "password", "repeated", "said"),
    [
        ("wrong", NEW, NEW, "not your present password"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, NEW, "other", "not the same"),
    ],
)
def test_a_password_that_cannot_be_taken_changes_nothing(
    alice: User, present: str, password: str, repeated: str, said: str
) -> None:
    form = {"present": present, "password": password, "again": repeated}
    answer = browser_of(alice).post("/you/password/", form)
    assert answer.status_code == 422
    assert said in answer.text
    assert again(alice).check_password(PASSWORD)


def test_times_are_shown_in_the_zone_of_the_reader(alice: User) -> None:
    browser = browser_of(alice)
    browser.post("/you/time-zone/", {"zone": "Asia/Tokyo"})
    assert again(alice).time_zone == "Asia/Tokyo"
    assert "JST" in browser.get("/you/").text


def test_a_zone_nobody_knows_is_not_taken(alice: User) -> None:
    browser_of(alice).post("/you/time-zone/", {"zone": "Mars/Olympus"})
    assert again(alice).time_zone == ""


def test_the_page_lists_where_one_is_signed_in(alice: User) -> None:
    sign_in(browser=Client(HTTP_USER_AGENT="Otterweb 7", REMOTE_ADDR="192.0.2.7"))
    page = browser_of(alice).get("/you/").text
    assert "Otterweb 7" in page
    assert "192.0.2.7" in page
    assert "Sign out everywhere else" in page


def test_signing_out_everywhere_else_works_from_the_page(alice: User) -> None:
    here, there = browser_of(alice), browser_of(alice)
    here.post("/you/sign-out-elsewhere/")
    assert is_in(here)
    assert not is_in(there)


def test_the_theme_is_kept_in_a_cookie_and_leads_back(alice: User) -> None:
    browser = browser_of(alice)
    answer = browser.post("/theme/", {"theme": "dark", "next": "/you/?a=b"})
    assert answer.headers["Location"] == "/you/?a=b"
    assert browser.cookies["berth-theme"].value == "dark"
    assert 'data-bs-theme="dark"' in browser.get("/you/").text


def test_a_theme_nobody_knows_and_a_foreign_way_back_are_ignored(alice: User) -> None:
    browser = browser_of(alice)
    answer = browser.post("/theme/", {"theme": "<script>", "next": "https://evil.example/"})
    assert "berth-theme" not in browser.cookies
    assert answer.headers["Location"].startswith("/")
