"""Pages on which operators look after people and machines."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts import actions
from accounts.models import MachineToken, Role, Scope, User
from tests.accounts.conftest import again, is_in
from tests.make import browser_of, make_user


@pytest.fixture
def token(olivia: User) -> MachineToken:
    return actions.make_token("billing", Scope.CMDB_READ, by=olivia)[0]


def test_only_operators_reach_people_and_machines(
    alice: User, bob: User, audra: User, token: MachineToken
) -> None:
    addresses = ["/people/", f"/people/{alice.uuid}/", "/machines/"]
    addresses.append(f"/machines/{token.uuid}/revoke/")
    for person in (alice, bob, audra):
        browser = browser_of(person)
        assert {browser.get(address).status_code for address in addresses} == {403}


def test_only_operators_change_roles_and_accounts(alice: User, audra: User) -> None:
    for act in ("roles", "switch-off", "switch-on"):
        answer = browser_of(audra).post(f"/people/{alice.uuid}/{act}/", {"grant": "operator"})
        assert answer.status_code == 403
    assert again(alice).roles == {Role.DEVELOPER}
    assert again(alice).is_active


def test_an_identity_that_could_not_be_written_down_is_refused_in_words(alice: User) -> None:
    alice.issuer, alice.subject = "https://login.example.com/", "x" * 174
    with pytest.raises(ValidationError, match="more than 199 characters together"):
        alice.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=alice.pk).update(issuer=alice.issuer, subject=alice.subject)
    User.objects.filter(pk=alice.pk).update(issuer=alice.issuer, subject=alice.subject[:-1])
    assert len(again(alice).ident) == 200


def test_the_list_shows_roles_and_finds_by_name_role_and_account(
    alice: User, bob: User, olivia: User
) -> None:
    browser = browser_of(olivia)
    assert "Approver, Developer" in browser.get("/people/").text
    assert "alice" not in browser.get("/people/?q=bob").text
    assert "alice" not in browser.get("/people/?role=approver").text
    assert "alice" not in browser.get("/people/?active=no").text
    assert "alice" in browser.get("/people/?role=developer&active=yes&q=ALI").text


def test_the_list_goes_on_by_cursor(olivia: User) -> None:
    for number in range(51):
        make_user(f"person-{number:02}")
    browser = browser_of(olivia)
    assert "person-49" not in browser.get("/people/").text
    assert "person-49" in browser.get("/people/?after=person-48").text


def test_the_number_of_queries_does_not_grow_with_the_list(
    olivia: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        make_user(f"person-{number:02}", Role.DEVELOPER, Role.APPROVER)
    browser = browser_of(olivia)
    with django_assert_max_num_queries(12):
        browser.get("/people/")


def test_an_operator_grants_and_revokes_a_role_by_its_button(alice: User, olivia: User) -> None:
    browser = browser_of(olivia)
    address = f"/people/{alice.uuid}/roles/"
    browser.post(address, {"grant": "approver", "reason": "TICKET-7"})
    assert again(alice).roles == {Role.DEVELOPER, Role.APPROVER}
    browser.post(address, {"revoke": "developer", "reason": ""})
    assert again(alice).roles == {Role.APPROVER}


def test_a_role_nobody_knows_changes_nothing(alice: User, olivia: User) -> None:
    browser_of(olivia).post(f"/people/{alice.uuid}/roles/", {"grant": "emperor"})
    assert again(alice).roles == {Role.DEVELOPER}


def test_the_page_offers_nobody_to_change_their_own_account(olivia: User) -> None:
    page = browser_of(olivia).get(f"/people/{olivia.uuid}/").text
    assert "Another operator changes its roles" in page
    assert "switch-off" not in page
    answer = browser_of(olivia).post(f"/people/{olivia.uuid}/roles/", {"grant": "approver"})
    assert answer.status_code == 403


def test_an_operator_switches_a_person_off_and_on(alice: User, olivia: User) -> None:
    theirs, browser = browser_of(alice), browser_of(olivia)
    assert "1 browser that is signed in" in browser.get(f"/people/{alice.uuid}/switch-off/").text
    browser.post(f"/people/{alice.uuid}/switch-off/", {"reason": "left"})
    assert not is_in(theirs)
    assert "Switched off" in browser.get(f"/people/{alice.uuid}/").text
    browser.post(f"/people/{alice.uuid}/switch-on/")
    assert again(alice).is_active


def test_a_person_who_does_not_exist_is_not_found(olivia: User) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert browser_of(olivia).get(f"/people/{nobody}/").status_code == 404


def test_an_operator_sees_and_revokes_tokens_of_machines(olivia: User, token: MachineToken) -> None:
    browser = browser_of(olivia)
    assert "billing" in browser.get("/machines/").text
    browser.post(f"/machines/{token.uuid}/revoke/", {"reason": "leaked"})
    token.refresh_from_db()
    assert not token.enabled
    assert "Revoked" in browser.get("/machines/").text


def test_git_passwords_of_people_are_not_on_the_page_of_machines(alice: User, olivia: User) -> None:
    token, _ = actions.make_git_password("laptop", by=alice)
    browser = browser_of(olivia)
    assert "laptop" not in browser.get("/machines/").text
    assert browser.post(f"/machines/{token.uuid}/revoke/").status_code == 404
