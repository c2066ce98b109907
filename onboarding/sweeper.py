"""The sweeper: rings for whatever is due, seals the ledger, and does the rounds of the house.

It runs beside every worker, not inside (rq forks). Any number may run: there is no leader, since
each round moves rows by conditional updates only.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections
from django.db.models import F, Q, QuerySet
from fleet.renewal import renew_due

from audit.sealer import seal
from onboarding import doorbell
from onboarding.models import Order
from portal.clock import now

RING_AGAIN = timedelta(seconds=15)  # a ring that nobody followed is repeated after this
BATCH = 200  # orders rung for in one round

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Round:
    """Something that is done again and again: how often, and what."""

    every: timedelta
    walk: Callable[[], object]


def due(moment: datetime) -> QuerySet[Order]:
    """Return orders whose time has come, whom nobody holds, and for whom nobody rang lately."""
    free = Q(lease_until=None) | Q(lease_until__lte=moment)
    unheard = (
        Q(rung_at=None) | Q(rung_at__lt=F("next_try_at")) | Q(rung_at__lte=moment - RING_AGAIN)
    )
    return Order.objects.filter(free, unheard, ended_as="", next_try_at__lte=moment)


def ring_for_due() -> int:
    """Ring for each due order once, and return for how many."""
    moment = now()
    count = 0
    for order_id in due(moment).order_by("next_try_at").values_list("pk", flat=True)[:BATCH]:
        if due(moment).filter(pk=order_id).update(rung_at=moment):
            doorbell.ring(order_id)
            count += 1
    return count


ROUNDS = (
    Round(timedelta(seconds=1), ring_for_due),
    Round(timedelta(seconds=5), seal),
    Round(timedelta(minutes=5), lambda: renew_due(now())),
)


def sweep(*, keep_going: Callable[[], bool], pause: Callable[[float], object]) -> None:
    """Walk the rounds until `keep_going` says no. A round that fails is told and tried again."""
    last: dict[int, datetime] = {}
    while keep_going():
        for index, each in enumerate(ROUNDS):
            if index not in last or now() >= last[index] + each.every:
                last[index] = now()
                _walk(each)
        pause(0.5)


def _walk(each: Round) -> None:
    close_old_connections()
    try:
        each.walk()
    except DatabaseError as error:
        log.warning("a round failed and is tried again: %s", type(error).__name__)
