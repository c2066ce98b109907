"""The sweeper: rings for what is due, and lets no round hold up another."""

from datetime import timedelta
from threading import Event

import pytest
import time_machine
from django.db import OperationalError

from onboarding.models import Order
from onboarding.running import sweeper
from onboarding.running.sweeper import Round
from portal.clock import now
from tests.onboarding.conftest import MakeOrder

Clock = time_machine.Traveller
SHORTLY = timedelta(milliseconds=1)


@pytest.fixture
def order(make_order: MakeOrder, clock: Clock) -> Order:
    """Make an order that is due since a second ago."""
    made = make_order()
    clock.shift(timedelta(seconds=1))
    return made


def change(order: Order, **columns: object) -> None:
    Order.objects.filter(pk=order.pk).update(**columns)


def test_it_rings_once_for_each_order_that_is_due(order: Order, make_order: MakeOrder) -> None:
    make_order("wishlist")
    assert sweeper.ring_for_due() == 2
    assert sweeper.ring_for_due() == 0


def test_a_ring_that_nobody_followed_is_repeated_after_a_quarter_of_a_minute(
    order: Order, clock: Clock
) -> None:
    sweeper.ring_for_due()
    clock.shift(timedelta(seconds=14))
    assert sweeper.ring_for_due() == 0
    clock.shift(timedelta(seconds=1))
    assert sweeper.ring_for_due() == 1


def test_an_order_that_became_due_again_is_rung_for_at_once(order: Order, clock: Clock) -> None:
    sweeper.ring_for_due()
    clock.shift(timedelta(seconds=2))
    change(order, next_try_at=now())
    assert sweeper.ring_for_due() == 1


def test_a_ring_that_only_a_wrong_clock_can_have_written_down_is_repeated(order: Order) -> None:
    change(order, rung_at=now() + timedelta(days=2))
    assert sweeper.ring_for_due() == 1


def test_an_order_whose_time_has_not_come_is_left_alone(order: Order, clock: Clock) -> None:
    change(order, next_try_at=now() + timedelta(minutes=5))
    assert sweeper.ring_for_due() == 0
    clock.shift(timedelta(minutes=5))
    assert sweeper.ring_for_due() == 1


def test_an_order_that_waits_for_a_person_is_left_alone(order: Order) -> None:
    change(order, next_try_at=None)
    assert sweeper.ring_for_due() == 0


def test_an_order_that_somebody_holds_is_left_alone_until_the_lease_is_over(
    order: Order, clock: Clock
) -> None:
    change(order, lease_owner="a worker", lease_until=now() + timedelta(minutes=1))
    assert sweeper.ring_for_due() == 0
    clock.shift(timedelta(minutes=1))
    assert sweeper.ring_for_due() == 1


def test_an_order_that_is_over_is_left_alone(order: Order) -> None:
    change(order, ended_as="done", ended_at=now())
    assert sweeper.ring_for_due() == 0


def test_the_longest_due_come_first(
    make_order: MakeOrder, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "BATCH", 1)
    first, second = make_order(), make_order("wishlist")
    change(second, next_try_at=now() - timedelta(hours=1))
    sweeper.ring_for_due()
    rung = Order.objects.exclude(rung_at=None)
    assert list(rung) == [second]
    assert first not in rung


@pytest.mark.parametrize("error", [OperationalError("locked"), ZeroDivisionError()])
def test_a_round_that_fails_is_told_and_does_not_end_the_sweeper(
    error: Exception, caplog: pytest.LogCaptureFixture, db: None
) -> None:
    def walk() -> None:
        raise error

    sweeper.walk(Round("odd", SHORTLY, walk))
    assert "round odd failed" in caplog.text


def test_a_round_that_hangs_holds_up_no_other(db: None) -> None:
    going_on, let_go = Event(), Event()
    rounds = [
        Round("silent", SHORTLY, lambda: let_go.wait(10)),
        Round("brisk", SHORTLY, going_on.set),
    ]
    pause = Event()
    sweeper.sweep(
        keep_going=lambda: not going_on.is_set(),
        pause=lambda seconds: pause.wait(min(seconds, 0.01)),
        rounds=rounds,
    )
    let_go.set()
    assert going_on.is_set()
