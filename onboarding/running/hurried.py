"""A way to the queue for whoever must not be held up by it: a queue that hangs gets a second."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from redis import Redis

SECONDS = 1.0  # for connecting, and for each answer


@contextmanager
def hurried() -> Iterator[Redis]:
    """Give a connection of its own to the queue. Its calls raise RedisError when time is over."""
    address = str(settings.RQ_QUEUES["default"]["URL"])
    connection = Redis.from_url(address, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
    try:
        yield connection
    finally:
        connection.close()
