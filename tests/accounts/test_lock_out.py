"""Lock-out after five failures from one address with one name."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from accounts.models import User
from tests.accounts.conftest import SIGN_IN, is_in, sign_in
from tests.make import PASSWORD


@pytest.fixture
def locked(clock: Traveller, alice: User) -> Client:
    """A browser that has sent five wrong passwords for alice."""
    browser = Client()
    for _ in range(5):
        sign_in(password="wrong", browser=browser)
    return browser


def test_after_five_failures_the_right_password_is_refused_too(locked: Client) -> None:
    answer = locked.post(SIGN_IN, {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 429
    assert not is_in(locked)


def test_the_page_says_when_to_try_again(locked: Client) -> None:
    answer = locked.post(SIGN_IN, {"username": "alice", "password": PASSWORD})
    assert "09:15 UTC" in answer.text
    assert answer.headers["Retry-After"] == "900"


def test_the_lock_ends_when_the_page_said_though_somebody_kept_trying(
    locked: Client, clock: Traveller
) -> None:
    clock.shift(timedelta(minutes=14))
    sign_in(password="wrong", browser=locked)
    clock.shift(timedelta(minutes=1, seconds=1))
    assert is_in(sign_in(browser=locked))


def test_capitals_do_not_give_five_more_tries(locked: Client) -> None:
    assert not is_in(sign_in("Alice", browser=locked))


def test_other_people_and_other_addresses_are_not_locked(locked: Client, bob: User) -> None:
    assert is_in(sign_in("bob", browser=locked))
    assert is_in(sign_in("alice", browser=Client(REMOTE_ADDR="192.0.2.7")))


def test_four_failures_lock_nobody_and_are_forgotten_after_sign_in(alice: User) -> None:
    browser = Client()
    for _ in range(2):
        for _ in range(4):
            sign_in(password="wrong", browser=browser)
        assert is_in(sign_in(browser=browser))
        browser.logout()


def test_a_client_cannot_change_its_address_by_a_header(locked: Client) -> None:
    forged = Client(HTTP_X_FORWARDED_FOR="192.0.2.7")
    assert not is_in(sign_in(browser=forged))


def test_behind_a_proxy_the_address_is_the_one_the_proxy_wrote(
    clock: Traveller, alice: User, settings: Settings
) -> None:
    settings.BERTH_BEHIND_PROXY = True
    for number in range(5):
        forged = Client(HTTP_X_FORWARDED_FOR=f"10.0.0.{number}, 192.0.2.7")
        sign_in(password="wrong", browser=forged)
    assert not is_in(sign_in(browser=Client(HTTP_X_FORWARDED_FOR="10.1.1.1, 192.0.2.7")))
    assert is_in(sign_in(browser=Client(HTTP_X_FORWARDED_FOR="192.0.2.7, 192.0.2.8")))
