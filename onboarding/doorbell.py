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
from portal.clock import now

JOB = "onboarding.jobs.look_at"

log = logging.getLogger(__name__)


def ring(order_id: int) -> None:
    """Ask for a look at the order after commit."""
    transaction.on_commit(lambda: _put(order_id))


def wake(order_id: int) -> None:
    """Make what waits in the order due now, inside the caller's transaction, and ring."""
    moment = now()
    StepRun.objects.filter(order=order_id, state=RunState.WAITING).update(next_try_at=moment)
    Order.objects.filter(pk=order_id, ended_as="").update(next_try_at=moment, bell=F("bell") + 1)
    ring(order_id)


def _put(order_id: int) -> None:
    try:
        django_rq.get_queue().enqueue(JOB, order_id)
    except RedisError as error:
        log.warning("the queue does not answer (%s); the sweeper will ring", type(error).__name__)
