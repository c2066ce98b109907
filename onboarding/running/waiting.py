"""What waits in the queue, for monitoring and for the banner that says that it is away."""

from dataclasses import dataclass
from datetime import datetime

import django_rq
from redis.exceptions import RedisError
from rq import Queue, Worker

from onboarding.running.hurried import hurried


@dataclass(frozen=True)
class Waiting:
    """How many rings wait for a worker, since when the first of them, and how many workers live."""

    rings: int
    since: datetime | None
    workers: int


def waiting() -> Waiting | None:
    """Return what waits, or None where the queue does not answer."""
    try:
        with hurried() as connection:
            queue = django_rq.get_queue(connection=connection)
            return Waiting(queue.count, _since(queue), Worker.count(connection=connection))
    except RedisError:
        return None


def answers() -> bool:
    """Say whether the queue is there."""
    try:
        with hurried() as connection:
            return bool(connection.ping())
    except RedisError:
        return False


def _since(queue: Queue) -> datetime | None:
    for ident in queue.get_job_ids(0, 1):
        job = queue.fetch_job(ident)
        return job.enqueued_at if job else None
    return None
