"""The doorbell: a hint to a worker after commit, whose loss is no failure."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import django_rq
import pytest
from django.db import transaction
from pytest_django import Settings

from onboarding.models import Order
from onboarding.running import doorbell
from tests.onboarding.conftest import MakeOrder

pytestmark = pytest.mark.django_db
OnCommit = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]


class ListQueue:
    """A queue that remembers what it was asked for."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, int]] = []
        self.limits: dict[str, int] = {}

    def enqueue(self, job: str, order_id: int, **limits: int) -> None:
        self.jobs.append((job, order_id))
        self.limits = limits


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> ListQueue:
    queue = ListQueue()
    monkeypatch.setattr(django_rq, "get_queue", lambda **_: queue)
    return queue


def test_it_rings_after_commit_and_not_before(
    make_order: MakeOrder, queue: ListQueue, django_capture_on_commit_callbacks: OnCommit
) -> None:
    order = make_order()
    with django_capture_on_commit_callbacks(execute=True):
        doorbell.ring(order.pk)
        assert queue.jobs == []
    assert queue.jobs == [("onboarding.running.jobs.look_at", order.pk)]


def test_a_ring_does_not_wait_for_ever_in_a_queue_that_nobody_reads(
    make_order: MakeOrder, queue: ListQueue, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        doorbell.ring(make_order().pk)
    assert queue.limits["ttl"] <= 60


def test_what_is_rolled_back_never_rings(
    make_order: MakeOrder, queue: ListQueue, django_capture_on_commit_callbacks: OnCommit
) -> None:
    order = make_order()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        doorbell.ring(order.pk)
        transaction.set_rollback(True)
    assert queue.jobs == []


def test_a_queue_that_is_away_is_no_failure(
    make_order: MakeOrder,
    django_capture_on_commit_callbacks: OnCommit,
    caplog: pytest.LogCaptureFixture,
) -> None:
    order = make_order()
    with django_capture_on_commit_callbacks(execute=True):
        doorbell.wake(order.pk)
    assert "the queue does not answer" in caplog.text
    assert Order.objects.get(pk=order.pk).bell == 1


def test_a_queue_that_hangs_holds_up_nobody_for_long(
    make_order: MakeOrder,
    django_capture_on_commit_callbacks: OnCommit,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("onboarding.running.hurried.SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        settings.RQ_QUEUES = {"default": {"URL": address}}
        with django_capture_on_commit_callbacks(execute=True):
            doorbell.ring(make_order().pk)
    assert "the queue does not answer (TimeoutError); nothing is lost" in caplog.text
