"""Reviews: when owners are asked, who confirms, who hands over, and what it leaves alone."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.db import IntegrityError
from django.test import Client

from accounts.models import Leaver, User
from audit.models import Entry
from portal.errors import NoReview, NotOwner, RecordMoved
from tenants import export, listings, lookups, reviews
from tenants.actions import offers, registration
from tenants.actions import reviews as actions
from tenants.catalogue import Environment
from tenants.lifecycle import Lifecycle
from tenants.models import Application, Cluster, Service, Tenant
from tests.conftest import START
from tests.make import browser_of, make_environment, make_service, make_user
from tests.tenants.conftest import ENGINE, spec_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as moved:
        yield moved


@pytest.fixture
def service(basket: Application) -> Service:
    return make_service(basket, lifecycle=Lifecycle.OPERATIONAL, review_due=date(2026, 11, 1))


def now_of(service: Service) -> Service:
    row: Service = lookups.services().get(pk=service.pk)
    return row


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 11, 23), 12, date(2027, 11, 23)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, then: date) -> None:
    assert reviews.after(day, months) == then


@pytest.mark.parametrize(
    ("due", "standing"),
    [
        (None, "none"),
        (date(2026, 11, 22), "overdue"),
        (TODAY, "soon"),
        (date(2026, 12, 23), "soon"),
        (date(2026, 12, 24), "later"),
    ],
)
def test_page_list_and_filter_agree_on_how_a_review_stands(
    service: Service, due: date | None, standing: str
) -> None:
    Service.objects.update(review_due=due)
    assert reviews.standing(now_of(service)) == standing
    assert listings.with_reviews(lookups.services()).get().review_standing == standing
    asked = [word for word in ("overdue", "soon") if listings.in_review(lookups.services(), word)]
    assert asked == ([standing] if standing in ("overdue", "soon") else [])


def test_a_service_is_recorded_with_the_date_of_its_environment(
    basket: Application, eu1: Cluster
) -> None:
    Environment.objects.update(review_months=6)
    service = registration.register_service(spec_of(basket, eu1), by=ENGINE)
    assert service.review_due == date(2027, 5, 23)
    registration.retire_service(service, by=ENGINE)
    assert now_of(service).review_due is None


def test_the_database_keeps_no_review_of_what_is_retired(service: Service) -> None:
    with pytest.raises(IntegrityError):
        Service.objects.update(lifecycle=Lifecycle.RETIRED)


def test_the_owner_confirms_with_one_click(service: Service, alice: User) -> None:
    answer = browser_of(alice).post(f"/services/{service.uuid}/confirm/", follow=True)
    assert "The next review is due 23 November 2027." in answer.content.decode()
    assert now_of(service).review_due == date(2027, 11, 23)
    entry = Entry.objects.get(verb="confirmed")
    assert (entry.actor, entry.reason) == (alice.ident, "")


def test_a_second_click_changes_nothing_and_leaves_no_entry(service: Service, alice: User) -> None:
    assert actions.confirm(service, by=alice)
    assert not actions.confirm(now_of(service), by=alice)
    assert Entry.objects.filter(verb="confirmed").count() == 1


def test_an_operator_confirms_on_behalf_of_the_owner_and_the_entry_names_them(
    service: Service, olivia: User, alice: User
) -> None:
    actions.confirm(service, by=olivia)
    entry = Entry.objects.get(verb="confirmed")
    assert (entry.actor, entry.reason) == (olivia.ident, f"On behalf of Alice ({alice.ident}).")


def test_a_member_who_does_not_answer_for_it_neither_confirms_nor_hands_over(
    service: Service, bob: User
) -> None:
    for act in (actions.confirm, lambda row, by: actions.hand_over(row, bob, by=by)):
        with pytest.raises(NotOwner):
            act(service, by=bob)
    assert now_of(service).review_due == date(2026, 11, 1)
    assert "Confirm it" not in browser_of(bob).get(f"/services/{service.uuid}/").content.decode()


def test_who_read_an_older_page_overwrites_nothing(service: Service, alice: User) -> None:
    Service.objects.update(review_due=date(2026, 12, 1))
    with pytest.raises(RecordMoved):
        actions.confirm(service, by=alice)


def test_what_goes_or_has_no_review_is_not_confirmed(service: Service, alice: User) -> None:
    Service.objects.update(lifecycle=Lifecycle.RETIRING)
    with pytest.raises(NoReview):
        actions.confirm(now_of(service), by=alice)
    Service.objects.update(
        lifecycle=Lifecycle.OPERATIONAL, environment=make_environment("lab", review_months=0)
    )
    with pytest.raises(NoReview):
        actions.confirm(now_of(service), by=alice)


def test_handed_over_the_new_owner_has_thirty_days(
    service: Service, alice: User, bob: User
) -> None:
    page = browser_of(alice).get(f"/services/{service.uuid}/hand-over/").content.decode()
    assert "asked to confirm within 30 days" in page
    browser_of(alice).post(f"/services/{service.uuid}/hand-over/", {"owner": bob.uuid})
    found = now_of(service)
    assert (found.owner, found.review_due) == (bob, date(2026, 12, 23))
    assert Entry.objects.get(verb="handed over").changes["owner"] == [alice.ident, bob.ident]


@pytest.mark.parametrize("who", ["stranger", "off", "gone"])
def test_only_an_active_member_of_the_tenant_becomes_the_owner(
    service: Service, retail: Tenant, alice: User, who: str
) -> None:
    person = make_user("zoe", is_active=who != "off")
    if who != "stranger":
        retail.members.add(person)
    if who == "gone":
        Leaver.objects.create(user=person, told_by="directory")
    answer = browser_of(alice).post(f"/services/{service.uuid}/hand-over/", {"owner": person.uuid})
    assert answer.status_code == 422
    with pytest.raises(NotOwner):
        actions.hand_over(service, person, by=alice)
    assert now_of(service).owner == alice


def test_a_shorter_interval_brings_later_dates_nearer_and_leaves_earlier_ones(
    service: Service, basket: Application, olivia: User
) -> None:
    test = make_environment("test")
    later = make_service(basket, test, review_due=date(2027, 11, 1))
    dev = service.environment
    for row in (dev, test):
        offers.change_offer(row, {"review_months": 3}, seen=row.version, by=olivia)
    assert now_of(service).review_due == date(2026, 11, 1)
    assert now_of(later).review_due == date(2027, 2, 23)


def test_an_environment_without_reviews_asks_nobody(service: Service, olivia: User) -> None:
    dev = service.environment
    offers.change_offer(dev, {"review_months": 0}, seen=dev.version, by=olivia)
    assert now_of(service).review_due is None
    dev.refresh_from_db()
    offers.change_offer(dev, {"review_months": 12}, seen=dev.version, by=olivia)
    assert now_of(service).review_due == date(2027, 11, 23)


def test_page_list_export_and_rest_say_that_it_is_overdue(service: Service, alice: User) -> None:
    browser = browser_of(alice)
    page = browser.get(f"/services/{service.uuid}/").content.decode()
    assert "Review overdue since 1 November 2026." in page
    assert "since 1 Nov 2026" in browser.get("/services/?review=overdue").content.decode()
    (line,) = export.entries(lookups.services())
    (row,) = browser.get("/api/v1/services/?review=overdue").json()["results"]
    for told in (line, row):
        assert (str(told["review_due"]), told["review_overdue"]) == ("2026-11-01", True)
        assert told["owner_left"] is False


def test_a_table_has_nothing_where_there_is_no_date(service: Service) -> None:
    Service.objects.update(review_due=None)
    line = b"".join(export.as_csv(lookups.services())).decode().splitlines()[1]
    assert ",Operational,In Use,,false,false," in line


def test_the_list_keeps_services_whose_owner_has_left(service: Service, alice: User) -> None:
    browser: Client = browser_of(make_user("olga", "auditor"))
    assert "No service fits" in browser.get("/services/?review=left").content.decode()
    Leaver.objects.create(user=alice, told_by="directory")
    assert "has left" in browser.get("/services/?review=left").content.decode()
    assert "Its owner has left" in browser.get(f"/services/{service.uuid}/").content.decode()
    (line,) = export.entries(lookups.services())
    assert line["owner_left"] is True
