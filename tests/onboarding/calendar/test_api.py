"""The calendar over the API: windows, their times, and the next free slot of an order."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from onboarding.models import Order
from portal.clock import now
from tests.make import make_window

pytestmark = pytest.mark.django_db

API = "/api/v1/calendar/"


def test_windows_are_told_by_the_clock_of_their_zone(hers: Client) -> None:
    make_window(datetime(2026, 12, 24, 18, tzinfo=UTC), name="Year end", zone="Asia/Tokyo")
    (told,) = hers.get(f"{API}windows").json()["results"]
    assert (told["name"], told["first"], told["zone"]) == (
        *("Year end", "2026-12-24T18:00"),
        "Asia/Tokyo",
    )


def test_windows_are_narrowed_and_an_unknown_parameter_is_refused(hers: Client) -> None:
    make_window(kind="maintenance")
    assert hers.get(f"{API}windows?kind=freeze").json()["results"] == []
    assert hers.get(f"{API}windows?colour=red").status_code == 400


def test_times_are_told_as_moments_between_two(hers: Client) -> None:
    make_window(datetime(2026, 12, 24, 18, tzinfo=UTC), rule="FREQ=DAILY", name="Nightly")
    asked = {"begin": "2026-12-30T00:00:00Z", "end": "2027-01-02T00:00:00Z"}
    told = hers.get(f"{API}occurrences", asked).json()
    assert [each["begin"] for each in told["results"]] == [
        f"{day}T18:00:00Z" for day in ("2026-12-30", "2026-12-31", "2027-01-01")
    ]
    assert told["cut"] is False


@pytest.mark.parametrize(
    "asked",
    [
        {"begin": "yesterday"},
        {"begin": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
        {"begin": "2026-01-01T00:00:00Z", "end": "2036-01-01T00:00:00Z"},
        {"begin": "0001-01-01T00:00:00Z"},
        {"begin": "9999-12-31T00:00:00Z"},
        {"until": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_stretch_that_is_none_is_refused(asked: dict[str, str], hers: Client) -> None:
    make_window(rule="FREQ=DAILY")
    assert hers.get(f"{API}occurrences", asked).status_code == 400


def test_more_than_a_thousand_times_are_cut_and_that_is_said(hers: Client) -> None:
    for _ in range(4):
        make_window(datetime(2025, 1, 1, tzinfo=UTC), rule="FREQ=DAILY")
    asked = {"begin": "2026-01-01T00:00:00Z", "end": "2026-12-31T00:00:00Z"}
    told = hers.get(f"{API}occurrences", asked).json()
    assert (len(told["results"]), told["cut"]) == (1000, True)


def test_the_next_free_slot_of_an_order_is_behind_the_freeze(hers: Client, ordered: Order) -> None:
    edition = make_window(minutes=90, name="Incident")
    told = hers.get(f"/api/v1/orders/{ordered.pk}/next-free-slot").json()
    assert told["begin"] == f"{edition.over_at:%Y-%m-%dT%H:%M:%SZ}"
    assert (told["end"], told["lapses"]) == (None, False)
    (closure,) = told["closures"]
    assert (closure["cluster"], closure["name"]) == ("eu1-a", "Incident")


def test_a_slot_is_as_long_as_was_asked_for(hers: Client, ordered: Order) -> None:
    make_window(now() + timedelta(minutes=90), name="Soon")
    address = f"/api/v1/orders/{ordered.pk}/next-free-slot"
    short = hers.get(address, {"minutes": 60}).json()
    long = hers.get(address, {"minutes": 120}).json()
    assert short["begin"] < long["begin"]
    assert hers.get(address, {"minutes": 0}).status_code == 400


def test_an_order_that_is_over_has_no_slot(hers: Client, ordered: Order) -> None:
    Order.objects.update(ended_as="withdrawn", ended_at=now())
    answer = hers.get(f"/api/v1/orders/{ordered.pk}/next-free-slot")
    assert (answer.status_code, answer.json()["code"]) == (409, "order.too-late")
