"""Another size, or the end of a service: ordered from its page, read on those that follow."""

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from onboarding import actions, toolbox
from onboarding.models import Kind, Order
from onboarding.running.jobs import look_at
from tenants.models import Service
from tests.make import browser_of, make_size
from tests.onboarding.views.conftest import Fill
from tests.running import words

pytestmark = pytest.mark.django_db

GOES = {"name": "basket in dev", "reason": "It is replaced."}


@pytest.fixture
def service(fill: Fill, alice: User, settings: Settings, tmp_path: Path) -> Service:
    """Basket in dev, as an order left it."""
    settings.BERTH_GIT_FOLDER = tmp_path / "repositories"
    settings.BERTH_REHEARSAL_FOLDER = tmp_path / "rehearsal"
    make_size("m", name="Medium", cpu_requests="2", cpu_limits="4")
    (order,) = actions.submit(fill(environments=["dev"]), by=alice, tools=toolbox.tools())
    return ended(order)


def ended(order: Order) -> Service:
    look_at(order.pk)
    order.refresh_from_db()
    assert order.is_over
    assert order.service is not None
    return order.service


def text_of(browser: Client, path: str) -> str:
    return words(browser.get(path).content.decode())


def sent(browser: Client, service: Service, kind: str, **form: object) -> Order:
    answer = browser.post(f"/services/{service.uuid}/{kind}/", form)
    assert answer.status_code == 302, words(answer.content.decode())
    return Order.objects.get(kind=kind)


def test_a_members_service_page_leads_to_both(hers: Client, service: Service) -> None:
    for page in (f"/services/{service.uuid}/", f"/fleet/deliveries/{service.uuid}/"):
        shown = hers.get(page).content.decode()
        assert f"/services/{service.uuid}/resize/" in shown
        assert f"/services/{service.uuid}/offboard/" in shown


def test_who_only_reads_is_offered_nothing(service: Service, audra: User) -> None:
    shown = browser_of(audra).get(f"/services/{service.uuid}/").content.decode()
    assert "offboard" not in shown


def test_a_service_with_an_order_under_way_leads_to_that(
    hers: Client, service: Service, alice: User
) -> None:
    order = actions.offboard(service, by=alice, reason="Old.", tools=toolbox.tools())
    shown = text_of(hers, f"/services/{service.uuid}/")
    assert f"Order {order.pk} is under way" in shown
    page = text_of(hers, f"/services/{service.uuid}/resize/")
    assert "Another order for this service is under way" in page
    assert "Order this size" not in page


def test_the_form_says_what_goes_and_what_stays(hers: Client, service: Service) -> None:
    page = text_of(hers, f"/services/{service.uuid}/offboard/")
    assert "The space retail-basket-dev goes from eu1-a" in page
    assert "The repository retail/basket is archived" in page
    assert "Type basket in dev to confirm" in page


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"name": "basket", "reason": "Old."}, "This is not basket in dev."),
        ({"name": "", "reason": "Old."}, "Type the name of the service."),
        ({"name": "basket in dev", "reason": " "}, "Say why the service goes."),
    ],
)
def test_nothing_is_taken_away_by_mistake(
    hers: Client, service: Service, form: dict[str, str], complaint: str
) -> None:
    answer = hers.post(f"/services/{service.uuid}/offboard/", form)
    assert answer.status_code == 422
    assert complaint in words(answer.content.decode())
    assert not Order.objects.filter(kind=Kind.OFFBOARD).exists()


def test_an_offboarding_reads_right_from_the_list_to_the_end(
    hers: Client, service: Service
) -> None:
    order = sent(hers, service, "offboard", **GOES)
    assert "Offboard Basket from Dev" in text_of(hers, f"/orders/{order.pk}/")
    look_at(order.pk)
    page = text_of(hers, f"/orders/{order.pk}/")
    assert "Basket was taken off eu1-a, where it was rehearsed only." in page
    assert "The repository retail/basket is archived." in page
    assert "The service in the record , as retired" in page
    assert "Offboard basket from dev" in text_of(hers, "/orders/")
    assert "Offboard Basket from Dev" in text_of(hers, "/")


@pytest.mark.parametrize("tab", ["plan", "evidence", "audit", "raw"])
def test_every_tab_of_the_orders_can_be_read(hers: Client, service: Service, tab: str) -> None:
    kept = ["orders-db"]
    resized = sent(hers, service, "resize", size="m", destinations=kept, reason="Busier.")
    look_at(resized.pk)
    leaving = sent(hers, service, "offboard", **GOES)
    look_at(leaving.pk)
    for order in (resized, leaving):
        assert hers.get(f"/orders/{order.pk}/{tab}/").status_code == 200


def test_the_plan_of_a_resize_stands_beside_the_one_it_replaces(
    hers: Client, service: Service
) -> None:
    order = sent(hers, service, "resize", size="m", destinations=["orders-db"], reason="")
    look_at(order.pk)
    page = hers.get(f"/orders/{order.pk}/plan/").content.decode()
    assert "CPU guaranteed: 2 CPU instead of 0.5 CPU." in words(page)
    assert re.search(r"-\s+requests\.cpu: 500m", re.sub(r"<[^>]+>", "", page).replace("&#x27;", ""))
    assert "README.md" not in words(page).partition("What changed")[2].partition("Every object")[0]


def test_the_form_of_a_resize_is_filled_with_what_there_is(hers: Client, service: Service) -> None:
    page = hers.get(f"/services/{service.uuid}/resize/").content.decode()
    checked = re.findall(r'value="([^"]+)"[^>]* checked', page)
    assert checked == ["s", "orders-db"]


def test_what_is_already_so_is_answered_in_words(hers: Client, service: Service) -> None:
    form = {"size": "s", "destinations": ["orders-db"]}
    answer = hers.post(f"/services/{service.uuid}/resize/", form)
    assert answer.status_code == 422
    assert "Nothing would change" in words(answer.content.decode())


def test_amend_is_not_offered_and_withdraw_says_how_it_is_afterwards(
    hers: Client, service: Service, alice: User
) -> None:
    order = actions.offboard(service, by=alice, reason="Old.", tools=toolbox.tools())
    page = hers.get(f"/orders/{order.pk}/").content.decode()
    assert f"/orders/{order.pk}/amend/" not in page
    assert "The service is in use as before." in text_of(hers, f"/orders/{order.pk}/withdraw/")


def test_the_order_that_made_it_says_that_it_is_gone(hers: Client, service: Service) -> None:
    first = Order.objects.get()
    look_at(sent(hers, service, "offboard", **GOES).pk)
    assert "This service has been taken away since." in text_of(hers, f"/orders/{first.pk}/")
