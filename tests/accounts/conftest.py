"""What the tests of the door share."""

from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.make import PASSWORD

SIGN_IN = "/sign-in/"


def sign_in(
    username: str = "alice", password: str = PASSWORD, *, browser: Client | None = None, **more: str
) -> Client:
    """Return a browser that has sent the sign-in form."""
    browser = browser or Client()
    browser.post(reverse("accounts:sign-in"), {"username": username, "password": password, **more})
    return browser


def is_in(browser: Client) -> bool:
    """Say whether the browser is let in to a page that asks for a person."""
    return browser.get(reverse("accounts:you")).status_code == 200


def again(person: User) -> User:
    """Return the person as the database has them now."""
    return User.objects.get(pk=person.pk)
