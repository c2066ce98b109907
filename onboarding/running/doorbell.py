"""Asking a worker to look at an order, once what was written has been committed.

The bell may be lost, doubled or late: the sweeper finds whatever is due. A queue that does not
answer is therefore no failure.
"""

import logging

import django_rq
from django.db import transaction
from django.db.models import F
from redis.exceptions import RedisError

from onboarding.models import Order, RunState, StepRun
from onboarding.running.hurried import hurried
from portal.clock import now

JOB = "onboarding.running.jobs.look_at"
PUSHED = "onboarding.running.jobs.after_push"
RING_SECONDS = 60  # how long a ring waits for a worker: the sweeper rings again, so none pile up
FAILURE_SECONDS = 86_400  # how long the queue remembers a look that broke off

log = logging.getLogger(__name__)


def ring(order_id: int) -> None:
    """Ask for a look at the order after commit."""
    transaction.on_commit(lambda: _put(order_id))


def wake(order_id: int) -> None:
    """Make what waits in the order due now, inside the caller's transaction, and ring."""
    moment = now()
    # the order first, as everybody locks it before its runs: nobody waits for another in a circle
    Order.objects.filter(pk=order_id, ended_as="").update(next_try_at=moment, bell=F("bell") + 1)
    StepRun.objects.filter(order=order_id, state=RunState.WAITING).update(next_try_at=moment)
    ring(order_id)


def ring_after_push(repository: str) -> None:
    """Leave it to a worker to ask Flux for a fetch; lost, Flux looks by itself a little later."""
    _enqueue(PUSHED, repository)


def _put(order_id: int) -> None:
    _enqueue(JOB, order_id)


def _enqueue(job: str, argument: int | str) -> None:
    try:
        with hurried() as connection:
            queue = django_rq.get_queue(connection=connection)
            queue.enqueue(job, argument, ttl=RING_SECONDS, failure_ttl=FAILURE_SECONDS)
    except RedisError as error:
        log.warning("the queue does not answer (%s); nothing is lost", type(error).__name__)
