"""What can be done with people and their roles."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import actions
from accounts.doers import command_line
from accounts.models import Role, RoleGrant, Scope, Session, User
from accounts.tokens import issue
from audit.models import Entry, Touched
from portal.errors import ForeignPassword, OwnAccount, PasswordWeak, PersonExists, RoleMissing
from tests.accounts.conftest import again, is_in, sign_in
from tests.make import PASSWORD, browser_of, make_user


def test_a_new_person_can_sign_in_and_has_the_roles(db: None) -> None:
    person = actions.create_person(
        "Dana", password=PASSWORD, roles=[Role.DEVELOPER], name="Dana van Dam", by=command_line()
    )
    assert (person.ident, person.first_name, person.last_name) == ("local:dana", "Dana", "van Dam")
    assert person.roles == {Role.DEVELOPER}
    assert is_in(sign_in("dana"))


def test_names_are_given_once_whatever_their_case(alice: User) -> None:
    with pytest.raises(PersonExists):
        actions.create_person("Alice", password=PASSWORD, by=command_line())
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "1q2w3e4r5t6y", "dana-van-damme"])
def test_a_weak_password_is_refused(db: None, password: str) -> None:
    with pytest.raises(PasswordWeak):
        actions.create_person("dana-van-damme", password=password, by=command_line())
    assert not User.objects.exists()


def test_a_name_with_odd_characters_is_refused(db: None) -> None:
    with pytest.raises(ValidationError):
        actions.create_person("dana smith", password=PASSWORD, by=command_line())


def test_only_operators_make_people(alice: User) -> None:
    with pytest.raises(RoleMissing):
        actions.create_person("dana", password=PASSWORD, by=alice)


def test_a_role_is_granted_and_revoked_with_an_entry_each(alice: User, olivia: User) -> None:
    actions.grant_role(alice, Role.APPROVER, by=olivia, reason="TICKET-7")
    assert again(alice).is_approver
    actions.revoke_role(alice, Role.APPROVER, by=olivia)
    assert not again(alice).is_approver
    granted, revoked = Entry.objects.filter(object_uuid=alice.uuid).order_by("pk")
    assert (granted.verb, granted.reason, granted.actor) == (
        "granted role",
        "TICKET-7",
        olivia.ident,
    )
    assert (revoked.changes, revoked.verb) == ({"role": ["approver", None]}, "revoked role")


def test_granting_twice_writes_one_entry(alice: User, olivia: User) -> None:
    for _ in range(2):
        actions.grant_role(alice, Role.APPROVER, by=olivia)
    assert Entry.objects.count() == 1
    assert RoleGrant.objects.filter(user=alice, role=Role.APPROVER).count() == 1


@pytest.mark.parametrize("act", [actions.grant_role, actions.revoke_role])
def test_nobody_but_operators_changes_roles(
    alice: User, bob: User, act: Callable[..., None]
) -> None:
    with pytest.raises(RoleMissing):
        act(bob, Role.APPROVER, by=alice)
    assert again(bob).is_approver


def test_operators_change_neither_their_own_roles_nor_their_own_account(olivia: User) -> None:
    with pytest.raises(OwnAccount):
        actions.grant_role(olivia, Role.APPROVER, by=olivia)
    with pytest.raises(OwnAccount):
        actions.revoke_role(olivia, Role.OPERATOR, by=olivia)
    with pytest.raises(OwnAccount):
        actions.switch_off(olivia, by=olivia)
    assert again(olivia).roles == {Role.OPERATOR}


def test_switching_off_ends_every_session_and_can_be_taken_back(alice: User, olivia: User) -> None:
    browser_of(alice)
    actions.switch_off(alice, by=olivia, reason="left the company")
    assert not Session.objects.filter(user=alice).exists()
    assert not is_in(sign_in())
    actions.switch_on(again(alice), by=olivia)
    assert is_in(sign_in())


def test_signing_out_elsewhere_leaves_this_browser_and_other_people(alice: User, bob: User) -> None:
    here, there, other = browser_of(alice), browser_of(alice), browser_of(bob)
    assert actions.sign_out_elsewhere(keep=here.session.session_key, by=alice) == 1
    assert is_in(here)
    assert not is_in(there)
    assert is_in(other)


def test_a_person_who_signs_in_elsewhere_gets_no_password_here(db: None) -> None:
    person = make_user("ada", issuer="https://id.example.com", subject="4711")
    with pytest.raises(ForeignPassword):
        actions.change_password(PASSWORD, by=person)


def test_an_entry_touches_the_person_it_is_about(alice: User, olivia: User) -> None:
    actions.grant_role(alice, Role.APPROVER, by=olivia)
    assert Touched.objects.get().object_uuid == alice.uuid


def test_the_database_refuses_a_git_token_without_owner(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        issue("nobody", scope=Scope.GIT)


def test_the_database_refuses_a_role_nobody_knows(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(user=alice, role="emperor")
