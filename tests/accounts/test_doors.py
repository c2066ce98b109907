"""What strangers reach, and what they are answered."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import actions
from accounts.models import User
from tests.accounts.conftest import is_in
from tests.make import browser_of

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("path", ["/you/", "/people/", "/audit/", "/machines/", "/you/password/"])
def test_a_stranger_is_sent_to_sign_in(db: None, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/sign-in/"])
def test_health_and_sign_in_are_open(db: None, path: str) -> None:
    assert Client().get(path).status_code == 200


def test_a_form_sent_by_a_stranger_leads_back_to_its_page_not_to_its_address(db: None) -> None:
    answer = Client().post(
        "/you/time-zone/", {"zone": "UTC"}, HTTP_REFERER="http://testserver/you/"
    )
    assert answer.headers["Location"] == "/sign-in/?next=%2Fyou%2F"


def test_a_fragment_is_told_to_load_the_sign_in_page_as_a_whole(db: None) -> None:
    here = HTMX | {"HX-Current-URL": "http://testserver/orders/7/?tab=plan"}
    answer = Client().get("/you/", headers=here)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=%2Forders%2F7%2F%3Ftab%3Dplan"
    assert answer.content == b""


def test_a_fragment_on_a_page_of_another_site_leads_nowhere(db: None) -> None:
    here = HTMX | {"HX-Current-URL": "https://evil.example/you/"}
    assert Client().get("/you/", headers=here).headers["HX-Redirect"] == "/sign-in/"


def test_the_api_answers_a_stranger_with_a_problem(db: None) -> None:
    answer = Client().get("/api/v1/tenants/")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_person_switched_off_is_out_at_once(alice: User, olivia: User) -> None:
    browser = browser_of(alice)
    assert is_in(browser)
    actions.switch_off(alice, by=olivia)
    assert not is_in(browser)


def test_a_person_whose_row_was_switched_off_by_hand_is_out_too(alice: User) -> None:
    browser = browser_of(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert not is_in(browser)


def test_pages_of_people_are_not_kept_by_browsers(alice: User) -> None:
    answer = browser_of(alice).get(reverse("accounts:you"))
    assert "no-store" in answer.headers["Cache-Control"]
