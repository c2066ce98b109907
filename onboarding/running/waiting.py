"""What waits in the queue, for monitoring and for the banner that says that it is away.

A queue that hangs must hold up no page: it is given a second.
"""

from dataclasses import dataclass
from datetime import datetime

import django_rq
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker

SECONDS = 1.0


@dataclass(frozen=True)
class Waiting:
    """How many rings wait for a worker, since when the first of them, and how many workers live."""

    rings: int
    since: datetime | None
    workers: int


def waiting() -> Waiting | None:
    """Return what waits, or None where the queue does not answer."""
    connection = _hurried()
    try:
        queue = django_rq.get_queue(connection=connection)
        return Waiting(queue.count, _since(queue), Worker.count(connection=connection))
    except RedisError:
        return None
    finally:
        connection.close()


def answers() -> bool:
    """Say whether the queue is there."""
    connection = _hurried()
    try:
        return bool(connection.ping())
    except RedisError:
        return False
    finally:
        connection.close()


def _since(queue: Queue) -> datetime | None:
    for ident in queue.get_job_ids(0, 1):
        job = queue.fetch_job(ident)
        return job.enqueued_at if job else None
    return None


def _hurried() -> Redis:
    address = str(settings.RQ_QUEUES["default"]["URL"])
    return Redis.from_url(address, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
