"""The page of people who have left, the marks elsewhere, and who may do what with it."""

import pytest

from accounts import actions, leaving
from accounts.models import Leaver, Scope, User
from audit.ledger import SYSTEM
from onboarding.leavers.models import Register
from portal.clock import now
from tenants.lifecycle import Lifecycle
from tenants.models import Application, Service, Tenant
from tests.make import browser_of, make_application, make_service, make_user

pytestmark = pytest.mark.django_db
AT = "/operate/leavers/"


@pytest.fixture
def ann(retail: Tenant) -> User:
    """Somebody of retail who has left, and owned one service."""
    ann = make_user("ann")
    retail.members.add(ann)
    leaving.flag(ann, told_by="directory", by=SYSTEM)
    return ann


@pytest.fixture
def service(ann: User, retail: Tenant, alice: User) -> Service:
    application = make_application("till", tenant=retail, owner=alice)
    return make_service(application, owner=ann, lifecycle=Lifecycle.OPERATIONAL)


def text_of(person: User, at: str = AT) -> str:
    return browser_of(person).get(at).content.decode()


def test_an_operator_hands_a_service_over_from_the_list(
    service: Service, olivia: User, alice: User
) -> None:
    assert "says directory" in text_of(olivia)
    to = f"{AT}services/{service.uuid}/hand-over/"
    answer = browser_of(olivia).post(to, {"owner": alice.uuid}, follow=True)
    assert "Alice answers for Till now." in answer.content.decode()
    service.refresh_from_db()
    assert service.owner == alice


def test_a_choice_that_there_is_not_changes_nothing(
    service: Service, olivia: User, ann: User
) -> None:
    to = f"{AT}services/{service.uuid}/hand-over/"
    answer = browser_of(olivia).post(to, {"owner": make_user().uuid}, follow=True)
    assert "nothing was changed" in answer.content.decode()
    service.refresh_from_db()
    assert service.owner == ann


def test_an_auditor_reads_and_is_offered_nothing_to_do(service: Service, audra: User) -> None:
    text = text_of(audra)
    assert "Till in" in text
    assert "<select" not in text
    assert "Has not left" not in text


def test_members_read_at_home_that_a_service_of_theirs_has_no_owner(
    service: Service, alice: User, charlie: User
) -> None:
    assert "1 service without an owner" in text_of(alice, "/")
    assert "without an owner" not in text_of(charlie, "/")


def test_a_machine_token_that_names_them_is_listed(ann: User, olivia: User) -> None:
    assert "Nothing waits for a new owner" in text_of(olivia)
    actions.make_token("billing", Scope.CMDB_READ, contact="ANN@example.com", by=SYSTEM)
    actions.make_token("shipping", Scope.CMDB_READ, contact="bob@example.com", by=SYSTEM)
    text = text_of(olivia)
    assert "billing" in text
    assert "shipping" not in text


def test_whoever_left_nothing_behind_is_listed_among_all_only(ann: User, olivia: User) -> None:
    assert "Ann" not in text_of(olivia).partition("<main")[2].partition("Who was asked")[0]
    assert "Nothing of theirs is open." in text_of(olivia, f"{AT}?show=all")


def test_many_services_and_many_members_stay_readable(
    ann: User, retail: Tenant, olivia: User
) -> None:
    retail.members.add(*(make_user() for _ in range(51)))
    for number in range(22):
        make_service(make_application(f"app-{number}", tenant=retail, owner=olivia), owner=ann)
    text = text_of(olivia)
    assert "<select" not in text
    assert text.count("Choose an owner") == 20
    assert "2 more services" in text


def test_the_number_of_queries_does_not_grow_with_services(
    ann: User, retail: Tenant, olivia: User, django_assert_max_num_queries: object
) -> None:
    for number in range(15):
        make_service(make_application(f"app-{number}", tenant=retail, owner=olivia), owner=ann)
    browser = browser_of(olivia)
    with django_assert_max_num_queries(40):  # type: ignore[operator] # a fixture of pytest-django
        browser.get(AT)


def test_somebody_who_has_not_left_is_taken_off_the_list(ann: User, olivia: User) -> None:
    at = f"{AT}{Leaver.objects.get().pk}/clear/"
    answer = browser_of(olivia).post(at, {"sent": ""}, follow=True)
    assert "Ann is not flagged any more." in answer.content.decode()
    assert not Leaver.objects.filter(cleared_at=None).exists()


def test_what_a_source_could_not_tell_stands_on_top(olivia: User, basket: Application) -> None:
    Register.objects.create(name="directory", last_error="It misses 300 of 310 people at once.")
    assert "It misses 300 of 310 people at once." in text_of(olivia)


def test_an_operator_has_sources_asked_now(olivia: User) -> None:
    Register.objects.create(name="directory", due_at=now().replace(year=2030))
    browser_of(olivia).post(f"{AT}look/", {"sent": ""})
    assert Register.objects.get().due_at <= now()
