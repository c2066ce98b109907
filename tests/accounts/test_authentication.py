"""How a call to the API says who it is."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from time_machine import Traveller

from accounts import actions, tokens
from accounts.authentication import MachineTokenAuthentication
from accounts.machines import Machine, Principal
from accounts.models import Scope, User


def who(authorization: str = "") -> Principal | None:
    """Return who the API takes a call with this header for."""
    http = APIRequestFactory().get("/api/v1/tenants/")
    if authorization:
        http.META["HTTP_AUTHORIZATION"] = authorization
    call = Request(http)
    found = MachineTokenAuthentication().authenticate(call)
    return found[0] if found else None


def test_a_token_without_owner_is_a_machine_without_any_role(olivia: User) -> None:
    token, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    machine = who(f"Bearer {text}")
    assert machine == Machine(token)
    assert machine.is_authenticated
    assert not machine.sees_everything
    assert machine.ident == f"token:{token.key}"


def test_a_token_with_an_owner_acts_as_that_person(alice: User) -> None:
    _, text = tokens.issue("script", scope=Scope.CMDB_READ, owner=alice)
    assert who(f"bearer {text}") == alice


@pytest.mark.parametrize("header", ["", "Basic YWxpY2U6cGFzcw==", "Negotiate abc"])
def test_other_ways_to_say_who_one_is_are_left_to_others(db: None, header: str) -> None:
    assert who(header) is None


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Bearer a b", "Bearer \xff", "Bearer berth_a.b"]
)
def test_a_wrong_bearer_token_is_refused(db: None, header: str) -> None:
    with pytest.raises(AuthenticationFailed):
        who(header)


def test_an_expired_token_is_refused(clock: Traveller, olivia: User) -> None:
    _, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia)
    clock.shift(timedelta(days=91))
    with pytest.raises(AuthenticationFailed):
        who(f"Bearer {text}")


def test_a_git_password_does_not_open_the_api(alice: User) -> None:
    _, text = actions.make_git_password("laptop", by=alice)
    with pytest.raises(PermissionDenied, match="cmdb:read"):
        who(f"Bearer {text}")


def test_only_a_token_of_a_person_orders_anything(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        tokens.issue("robot", scope=Scope.ORDERS_WRITE)


def test_a_token_from_elsewhere_is_refused_as_a_wrong_one_is(olivia: User) -> None:
    _, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia, places=["192.0.2.0/24"])
    with pytest.raises(AuthenticationFailed, match="wrong, expired or revoked"):
        who(f"Bearer {text}")  # from 127.0.0.1
    _, text = actions.make_token("billing", Scope.CMDB_READ, by=olivia, places=["127.0.0.0/8"])
    assert who(f"Bearer {text}")


def test_the_challenge_names_the_bearer_scheme() -> None:
    call = Request(APIRequestFactory().get("/"))
    assert MachineTokenAuthentication().authenticate_header(call) == 'Bearer realm="berth"'
