"""Git passwords: what `git clone` and `git push` send as user name and password.

The password is a token of the person with scope `git`; account passwords open no repository.
"""

from axes.handlers.proxy import AxesProxyHandler
from django.http import HttpRequest

from accounts import tokens
from accounts.models import Scope, User

# The same counting as at the sign-in page, but apart: a script with an old Git password must not
# keep its owner from signing in.
_MARK = "git:"


def person_by_basic(username: str, secret: str, *, address: str | None) -> User | None:
    """Return the person whose name and Git password these are.

    After as many wrong ones as the sign-in page allows, the same name is refused from the same
    address for as long. `address` comes from `addresses.in_environ`.
    """
    http = _request_from(address)
    counted = {"username": _counted_as(username)}
    if not AxesProxyHandler.is_allowed(http, counted):
        return None
    token = tokens.verify(secret, Scope.GIT, address=address)
    if token is None or token.owner is None or token.owner.username != username:
        AxesProxyHandler.user_login_failed(person_by_basic, counted, http)
        return None
    return token.owner


def forget_failures(person: User) -> None:
    """Let a person in at once who was locked out with an old Git password and made another."""
    AxesProxyHandler.reset_attempts(username=_counted_as(person.username))


def _counted_as(username: str) -> str:
    return f"{_MARK}{username}".replace("\0", "")[:255]


def _request_from(address: str | None) -> HttpRequest:
    """Return what axes counts by; the Git host has no Django request."""
    http = HttpRequest()
    http.META = {"REMOTE_ADDR": address or "", "PATH_INFO": "/git/"}
    return http
