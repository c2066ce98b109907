"""The population that auditors sample: filters, streams, and cells that no spreadsheet runs."""

import csv
import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import actions as doing
from accounts.models import Scope, User
from audit import signing
from audit.ledger import SYSTEM
from onboarding import population
from onboarding.models import Order
from portal.clock import now
from tenants.models import Application
from tests.journey import Portal
from tests.make import browser_of, make_environment
from tests.onboarding.evidence.conftest import findings

pytestmark = pytest.mark.usefixtures("anchors_of_this_test")


@pytest.fixture
def orders(portal: Portal, alice: User, clock: time_machine.Traveller) -> dict[str, Order]:
    """A finished one for dev in the quarter before, and one for prod that waits."""
    clock.move_to(now().replace(year=2026, month=8, day=20, hour=23, minute=30))
    dev = portal.finish(portal.order(alice, "dev"))
    clock.move_to(now().replace(month=11, day=2))
    prod = portal.go_on(portal.order(alice, "prod"))
    return {"dev": dev, "prod": prod}


def asked(by: User | Client, **parameters: str) -> list[Any]:
    browser = browser_of(by) if isinstance(by, User) else by
    answer = browser.get(f"/api/v1/orders/export?{urlencode(parameters)}")
    assert answer.status_code == 200, answer.content
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]  # a stream
    return [json.loads(line) for line in lines]


def numbers(by: User, **parameters: str) -> list[int]:
    return [line["number"] for line in asked(by, **parameters)]


def test_production_changes_are_told_apart(orders: dict[str, Order], audra: User) -> None:
    make_environment("prod", production=True)
    assert numbers(audra, production="true") == [orders["prod"].pk]
    assert numbers(audra, environment="dev") == [orders["dev"].pk]
    assert numbers(audra) == [orders["dev"].pk, orders["prod"].pk]


@pytest.mark.parametrize(
    ("asks", "found"),
    [
        ({"since": "2026-07-01", "until": "2026-09-30"}, ["dev"]),
        ({"since": "2026-08-20", "until": "2026-08-20"}, ["dev"]),
        ({"since": "2026-08-21", "until": "2026-11-01"}, []),
        ({"since": "2026-10-01", "until": "2026-12-31"}, ["prod"]),
        ({"since": "2026-10-01", "moment": "ended"}, []),
        ({"until": "9999-12-31", "moment": "ended"}, ["dev"]),
        ({"since": "2026-10-01", "moment": "started"}, []),
        ({"result": "rehearsed"}, ["dev"]),
        ({"result": "waiting"}, ["prod"]),
        ({"kind": "offboard"}, []),
        ({"tenant": "payments"}, []),
        ({"tenant": "retail", "kind": "onboard"}, ["dev", "prod"]),
    ],
    ids=str,
)
def test_page_and_api_narrow_alike(
    orders: dict[str, Order], audra: User, asks: dict[str, str], found: list[str]
) -> None:
    expected = [orders[name].pk for name in found]
    assert numbers(audra, **asks) == expected
    page = browser_of(audra).get(f"/audit/changes/?{urlencode(asks)}").text
    assert [n for n in sorted(o.pk for o in orders.values()) if f"/orders/{n}/" in page] == expected


def test_a_line_tells_who_decided_on_what(
    portal: Portal, orders: dict[str, Order], audra: User, bob: User
) -> None:
    portal.approve(orders["prod"], bob)
    line = asked(audra, environment="prod")[0]
    (decision,) = line["decisions"]
    assert (decision["person"], decision["decision"]) == ("local:bob", "approved")
    assert decision["digest"] == line["digest"] != ""
    assert line["change"] == orders["prod"].change_number
    assert line["requester"] == "local:alice"
    pack = b"".join(browser_of(audra).get(line["evidence"]).streaming_content)  # type: ignore[attr-defined]  # a stream
    assert findings(pack) == []


def test_a_spreadsheet_takes_no_cell_for_a_formula(
    orders: dict[str, Order], basket: Application, audra: User
) -> None:
    Application.objects.filter(pk=basket.pk).update(name="=cmd|' /C calc'!A0")
    Order.objects.update(back_reason="\t=1+1", repository_name="＝1+1")
    answer = browser_of(audra).get("/api/v1/orders/export?format=csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a stream
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert lines[0]["application_name"] == "'=cmd|' /C calc'!A0"
    assert lines[0]["back_reason"] == "'\t=1+1"
    assert lines[0]["repository"] == "'＝1+1"


def test_both_forms_have_the_same_columns(orders: dict[str, Order]) -> None:
    line = next(population.lines(Order.objects.all()))
    assert tuple(line) == population.COLUMNS
    head = next(population.as_csv(Order.objects.all())).decode().strip().split(",")
    assert tuple(head) == population.COLUMNS


def test_it_takes_as_many_queries_for_many_orders_as_for_one(orders: dict[str, Order]) -> None:
    def queries(rows: Any) -> int:
        with CaptureQueriesContext(connection) as seen:
            list(population.lines(rows.select_related("tenant", "application", "environment")))
        return len(seen)

    related = Order.objects.select_related("requester", "service")
    assert queries(related) == queries(related.filter(pk=orders["dev"].pk))


def test_a_parameter_that_does_not_exist_is_refused(orders: dict[str, Order], audra: User) -> None:
    browser = browser_of(audra)
    assert browser.get("/api/v1/orders/export?enviroment=prod").status_code == 400
    assert browser.get("/api/v1/orders/export?since=yesterday").status_code == 400


def test_a_page_with_a_day_that_makes_no_sense_shows_nothing(
    orders: dict[str, Order], audra: User
) -> None:
    page = browser_of(audra).get("/audit/changes/?since=yesterday")
    assert page.status_code == 422
    assert f"/orders/{orders['dev'].pk}/" not in page.text
    assert "/api/v1/orders/export" not in page.text


def test_people_and_machines_get_what_they_see(
    orders: dict[str, Order], alice: User, charlie: User
) -> None:
    assert len(asked(alice)) == 2
    assert asked(charlie) == []
    _, text = doing.make_token("sampling", Scope.ORDERS_READ, by=SYSTEM)
    assert asked(Client(headers={"Authorization": f"Bearer {text}"})) == []
    _, text = doing.make_token("reading", Scope.CMDB_READ, by=SYSTEM)
    other = Client(headers={"Authorization": f"Bearer {text}"})
    assert other.get("/api/v1/orders/export").status_code == 403


def test_the_page_shows_the_fingerprint_that_packs_are_signed_with(audra: User) -> None:
    page = browser_of(audra).get("/audit/changes/").text
    assert f">{signing.fingerprints()[0]}<" in page


def test_days_of_far_years_are_no_fault(orders: dict[str, Order], audra: User) -> None:
    assert numbers(audra, since="0001-01-01", until="9999-12-31") == sorted(
        order.pk for order in orders.values()
    )
