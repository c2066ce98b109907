"""Signing in by an identity provider: who that is, and what the provider's groups mean here."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from accounts import actions
from accounts.models import Role, RoleGrant, Session, Snapshot, User
from accounts.oidc import snapshots
from audit.models import Entry
from onboarding.entitlement.checks import query_of
from tenants.actions import owners
from tenants.models import Membership, Tenant
from tests.accounts.conftest import is_in, sign_in
from tests.accounts.oidc.conftest import START, Write, asked, begun, came_in, entry, sent_back
from tests.accounts.oidc.fake_provider import FakeProvider
from tests.make import PASSWORD, browser_of, make_application, make_environment, make_tenant

pytestmark = pytest.mark.django_db

MEANING: dict[str, Any] = {
    "groups_claim": "groups",
    "keep_claims": ["department", "employee"],
    "everybody": ["developer"],
    "roles": {"approver": ["cab-*"], "operator": ["ops"]},
    "tenants": {"{tenant}": ["team-{tenant}"], "payments": ["grp-4711"]},
    "groups": {"{tenant}:prod:deployers": ["deploy-{tenant}-prod"]},
}


@pytest.fixture
def corp(provider: FakeProvider, configure: Write) -> FakeProvider:
    """The provider with groups that mean something."""
    configure(entry(provider, **MEANING))
    return provider


def anna() -> User:
    return User.objects.get(subject="anna-1")


def test_somebody_new_comes_in(provider: FakeProvider) -> None:
    browser = Client()
    assert came_in(browser).headers["Location"] == "/"
    assert is_in(browser)
    person = anna()
    assert person.issuer == provider.address
    assert (person.get_full_name(), person.email) == ("Anna Muster", "anna@example.com")
    assert person.username == "corp.anna"
    assert not person.has_usable_password()
    assert person.roles == frozenset()


def test_the_account_page_says_by_which_provider_a_browser_came(provider: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    page = browser.get("/you/").text
    assert "signed in by corp" in page
    assert "Change password" not in page


def test_the_request_binds_the_answer_to_this_browser(provider: FakeProvider) -> None:
    query = asked(begun(Client()))
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == "http://testserver/sign-in/corp/return/"
    assert query["scope"] == "openid profile email"
    assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3


def test_two_requests_have_nothing_in_common(provider: FakeProvider) -> None:
    browser = Client()
    one, other = asked(begun(browser)), asked(begun(browser))
    assert {one[name] != other[name] for name in ("state", "nonce", "code_challenge")} == {True}


def test_sign_in_in_two_tabs_works_in_both(provider: FakeProvider) -> None:
    browser = Client()
    first, second = begun(browser), begun(browser)
    assert browser.get(sent_back(second)).status_code == 302
    assert browser.get(sent_back(first)).status_code == 302


def test_the_session_has_a_new_key_after_sign_in(provider: FakeProvider) -> None:
    browser = Client()
    address = begun(browser)
    before = browser.session.session_key
    browser.get(sent_back(address))
    assert browser.session.session_key != before


def test_the_same_person_comes_again_under_another_name(provider: FakeProvider) -> None:
    came_in(Client())
    provider.says(name="Anna Beispiel", preferred_username="a.beispiel", email="ab@example.com")
    came_in(Client())
    person = anna()
    assert (str(person), person.email) == ("Anna Beispiel", "ab@example.com")
    assert person.username == "corp.anna"


@pytest.mark.parametrize("name", [None, "", 5, "@@@", "../..", "x" * 400])
def test_any_user_name_gives_one_of_ours(provider: FakeProvider, name: Any) -> None:
    provider.says(preferred_username=name, email=None, name=None)
    came_in(Client())
    assert anna().username.startswith("corp.")
    anna().clean_fields()


def test_the_way_goes_on_to_the_page_that_was_asked_for(provider: FakeProvider) -> None:
    answer = came_in(Client(), f"{START}?next=/you/%3Ftab%3Dgit")
    assert answer.headers["Location"] == "/you/?tab=git"


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_way_never_goes_on_to_another_site(provider: FakeProvider, elsewhere: str) -> None:
    answer = came_in(Client(), f"{START}?next={elsewhere}")
    assert answer.headers["Location"] == "/"


def test_somebody_switched_off_stays_out(provider: FakeProvider, olivia: User) -> None:
    came_in(Client())
    actions.switch_off(anna(), by=olivia)
    browser = Client()
    answer = came_in(browser)
    assert answer.status_code == 403
    assert "identity.person-off" in answer.text
    assert not is_in(browser)
    assert Entry.objects.filter(verb="refused sign-in", reason__contains="person-off").exists()


def test_somebody_switched_off_is_out_at_the_next_request(
    provider: FakeProvider, olivia: User
) -> None:
    browser = Client()
    came_in(browser)
    actions.switch_off(anna(), by=olivia)
    assert not is_in(browser)


def test_groups_give_roles_groups_and_tenants(corp: FakeProvider) -> None:
    make_tenant("retail")
    make_tenant("payments")
    corp.says(groups=["cab-eu", "team-retail", "team-unheard-of", "deploy-retail-prod", "other"])
    came_in(Client())
    person = anna()
    assert person.roles == {Role.DEVELOPER, Role.APPROVER}
    assert set(person.tenants.values_list("slug", flat=True)) == {"retail"}
    names = set(person.groups.values_list("name", flat=True))
    assert {"corp/cab-eu", "corp/other", "corp/retail:prod:deployers"} <= names
    assert all(name.startswith("corp/") for name in names)


def test_what_the_provider_no_longer_says_is_gone(corp: FakeProvider) -> None:
    make_tenant("payments")
    corp.says(groups=["ops", "grp-4711", "cab-eu"])
    came_in(Client())
    corp.says(groups=["cab-eu"])
    came_in(Client())
    person = anna()
    assert person.roles == {Role.DEVELOPER, Role.APPROVER}
    assert not person.tenants.exists()
    assert list(person.groups.values_list("name", flat=True)) == ["corp/cab-eu"]


def test_what_people_granted_stays(corp: FakeProvider, olivia: User) -> None:
    tenant = make_tenant("payments")
    corp.says(groups=["ops", "grp-4711"])
    came_in(Client())
    person = anna()
    actions.grant_role(person, Role.OPERATOR, by=olivia)
    actions.grant_role(person, Role.AUDITOR, by=olivia)
    owners.add_member(tenant, person, by=olivia)
    person.groups.add(Group.objects.create(name="change-approvers"))
    corp.says(groups=[])
    came_in(Client())
    assert anna().roles == {Role.DEVELOPER, Role.OPERATOR, Role.AUDITOR}
    assert Membership.objects.filter(user=person, tenant=tenant).exists()
    assert list(person.groups.values_list("name", flat=True)) == ["change-approvers"]


def test_what_people_granted_is_not_taken_over_by_the_provider(
    corp: FakeProvider, olivia: User
) -> None:
    came_in(Client())
    actions.grant_role(anna(), Role.OPERATOR, by=olivia)
    corp.says(groups=["ops"])
    came_in(Client())
    assert RoleGrant.objects.get(user=anna(), role=Role.OPERATOR).source == ""


def test_a_provider_cannot_name_a_local_group(corp: FakeProvider) -> None:
    Group.objects.create(name="change-approvers")
    corp.says(groups=["change-approvers", "retail:prod:deployers", "berth-suspended"])
    came_in(Client())
    names = set(anna().groups.values_list("name", flat=True))
    assert names == {
        "corp/change-approvers",
        "corp/retail:prod:deployers",
        "corp/berth-suspended",
    }


def test_claims_that_are_kept_reach_the_question_of_entitlement(
    corp: FakeProvider, clock: Traveller
) -> None:
    corp.says(department="Payments", employee={"grade": 7}, salary=100000)
    came_in(Client())
    query = query_of(anna(), "onboard", make_application(), make_environment())
    assert query.claims == {"department": "Payments", "employee": {"grade": 7}}
    assert query.claims_at is not None
    clock.shift(timedelta(hours=1))
    corp.says(department="Cards", employee=None)
    came_in(Client())
    told = snapshots.of(anna())
    assert told is not None
    assert told.claims == {"department": "Cards"}
    assert told.at > query.claims_at


def test_a_person_with_a_local_account_has_no_claims(alice: User) -> None:
    query = query_of(alice, "onboard", make_application(owner=alice), make_environment())
    assert (query.claims, query.claims_at) == ({}, None)


def test_odd_text_in_claims_and_groups_is_kept_as_databases_can(corp: FakeProvider) -> None:
    corp.says(department="a\0b\ud800", groups=["ok", "a\0b", "x" * 500, ""], name="A\0nna")
    assert came_in(Client()).status_code == 302
    assert list(anna().groups.values_list("name", flat=True)) == ["corp/ok"]
    assert "\0" not in Snapshot.objects.get().claims["department"]


@pytest.mark.parametrize("groups", [5, {"a": 1}, ["ok", 5], [["nested"]]])
def test_groups_that_cannot_be_read_let_nobody_in(corp: FakeProvider, groups: Any) -> None:
    corp.says(groups=groups)
    assert "identity.token-refused" in came_in(Client()).text


def test_claims_without_end_let_nobody_in(corp: FakeProvider) -> None:
    corp.says(department="x" * 70_000)
    assert "identity.token-refused" in came_in(Client()).text
    assert not User.objects.filter(subject="anna-1").exists()


def test_groups_that_the_provider_left_out_are_not_taken_for_none(corp: FakeProvider) -> None:
    corp.says(_claim_names={"groups": "src1"})
    answer = came_in(Client())
    assert answer.status_code == 403
    assert "identity.groups-untold" in answer.text


def test_groups_may_stand_deeper(provider: FakeProvider, configure: Write) -> None:
    configure(entry(provider, groups_claim="realm_access.roles", roles={"auditor": ["audit"]}))
    provider.says(realm_access={"roles": ["audit"]})
    came_in(Client())
    assert anna().roles == {Role.AUDITOR}


def test_only_those_are_admitted_whom_the_file_admits(
    provider: FakeProvider, configure: Write
) -> None:
    configure(entry(provider, groups_claim="groups", admit=["berth-*"]))
    provider.says(groups=["other"])
    assert "identity.not-admitted" in came_in(Client()).text
    provider.says(groups=["berth-users"])
    assert came_in(Client()).status_code == 302


def test_the_ledger_tells_who_came_by_which_provider_and_what_changed(corp: FakeProvider) -> None:
    corp.says(groups=["ops"])
    came_in(Client())
    noted = Entry.objects.get(verb="signed in")
    assert noted.actor == anna().ident
    assert noted.changes["provider"] == [None, "corp"]
    assert noted.changes["roles"] == ["", "developer, operator"]
    corp.says(groups=[])
    came_in(Client())
    last = Entry.objects.filter(verb="signed in").latest("pk")
    assert last.changes["roles"] == ["developer, operator", "developer"]


def test_the_ledger_tells_that_the_provider_made_somebody_a_member(corp: FakeProvider) -> None:
    tenant = make_tenant("retail")
    corp.says(groups=["team-retail"])
    came_in(Client())
    noted = Entry.objects.get(verb="added a member to")
    assert (noted.actor, noted.object_uuid) == ("provider:corp", tenant.uuid)
    assert Tenant.objects.get(slug="retail").version > tenant.version


def test_keys_are_fetched_once_and_again_for_a_new_one(
    provider: FakeProvider, clock: Traveller
) -> None:
    came_in(Client())
    came_in(Client())
    assert provider.fetched_keys == 1
    clock.shift(timedelta(minutes=2))
    provider.rotate()
    assert came_in(Client()).status_code == 302
    assert provider.fetched_keys == 2


def test_unknown_keys_do_not_make_the_portal_ask_on_and_on(
    provider: FakeProvider, clock: Traveller
) -> None:
    came_in(Client())
    clock.shift(timedelta(minutes=2))
    provider.rotate(publish=False)
    for _ in range(3):
        assert came_in(Client()).status_code == 403
    assert provider.fetched_keys == 2


def test_a_key_that_was_withdrawn_is_soon_no_longer_believed(
    provider: FakeProvider, clock: Traveller
) -> None:
    came_in(Client())
    stolen = provider.signs_with
    provider.rotate()
    provider.signs_with = stolen
    clock.shift(timedelta(minutes=61))
    assert came_in(Client()).status_code == 403


def test_the_page_offers_every_provider_beside_the_form(
    provider: FakeProvider, configure: Write
) -> None:
    second = entry(provider, "other", label="Partners", issuer="https://other.example.com")
    configure(entry(provider), second)
    page = Client().get("/sign-in/?next=/orders/").text
    assert "Sign in with Corp account" in page
    assert "Sign in with Partners" in page
    assert "/sign-in/other/?next=%2Forders%2F" in page
    assert "Password" in page


def test_local_accounts_can_be_switched_off(
    provider: FakeProvider, settings: Settings, alice: User
) -> None:
    settings.BERTH_LOCAL_ACCOUNTS = False
    browser = Client()
    assert 'type="password"' not in browser.get("/sign-in/").text
    answer = browser.post("/sign-in/", {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 403
    assert "identity.local-accounts-off" in answer.text
    assert not is_in(browser)
    assert not Session.objects.filter(user=alice).exists()


def test_sessions_of_local_accounts_end_with_them(
    provider: FakeProvider, settings: Settings, alice: User
) -> None:
    local, corporate = sign_in(), Client()
    came_in(corporate)
    settings.BERTH_LOCAL_ACCOUNTS = False
    assert not is_in(local)
    assert is_in(corporate)


def test_the_page_of_a_person_tells_which_roles_a_provider_gave(
    corp: FakeProvider, olivia: User
) -> None:
    came_in(Client())
    page = browser_of(olivia).get(f"/people/{anna().uuid}/").text
    assert page.count("Given by corp at every sign-in") == 1


def test_without_a_file_nothing_is_as_it_was_not(db: None) -> None:
    assert Client().get(START).status_code == 404
    assert Client().get(f"{START}return/?state=x&code=y").status_code == 404
    assert "Sign in with" not in Client().get("/sign-in/").text


def test_who_is_in_is_not_sent_to_the_provider_again(provider: FakeProvider) -> None:
    browser = Client()
    came_in(browser)
    assert browser.get(f"{START}?next=/you/").headers["Location"] == "/you/"
