"""The sweeper: rings for whatever is due, seals the ledger, and does the rounds of the house.

It runs beside every worker, not inside (rq forks). Any number may run: there is no leader, since
each round moves rows by conditional updates only.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread

from django.db import DatabaseError, close_old_connections
from django.db.models import F, Q, QuerySet

from accounts.sessions import forget_ended
from audit import inspection
from audit.ledger import WORKER, coming_from, forget_touched
from audit.sealer import seal
from fleet.renewal import renew_due
from fleet.rounds import look_around
from onboarding.actions import sendings
from onboarding.engine.lease import takeable
from onboarding.figures import tallies
from onboarding.models import Order
from onboarding.running import deadlines, doorbell, leavers, nightly
from portal import logs
from portal.clock import ASTRAY, now

RING_AGAIN = timedelta(seconds=15)  # a ring that nobody followed is repeated after this
BATCH = 200  # orders rung for in one round
TOUCHED_FOR = timedelta(days=30)  # whoever copies the record by its changes comes by within
KEYS_FOR = timedelta(days=30)  # no program repeats a call that long; told in the API's description

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Round:
    """Something that is done again and again: its name for the log, how often, and what."""

    name: str
    every: timedelta
    walk: Callable[[], object]


def due(moment: datetime) -> QuerySet[Order]:
    """Return orders whose time has come, whom nobody holds, and for whom nobody rang lately."""
    unheard = (
        Q(rung_at=None)
        | Q(rung_at__lt=F("next_try_at"))
        | Q(rung_at__lte=moment - RING_AGAIN)
        | Q(rung_at__gt=moment + ASTRAY)
    )
    return takeable(moment).filter(unheard)


def ring_for_due() -> int:
    """Ring for each due order once, and return for how many."""
    moment = now()
    count = 0
    for order_id in due(moment).order_by("next_try_at").values_list("pk", flat=True)[:BATCH]:
        if due(moment).filter(pk=order_id).update(rung_at=moment):
            doorbell.ring(order_id)
            count += 1
    return count


def forget() -> None:
    """Take away what is kept for a while only: touched rows, keys of calls, sessions that ended."""
    forget_touched(now() - TOUCHED_FOR)
    sendings.forget(now() - KEYS_FOR)
    forget_ended(now())


ROUNDS = (
    Round("ring", timedelta(seconds=1), ring_for_due),
    Round("seal", timedelta(seconds=5), seal),
    Round("anchor", timedelta(minutes=1), inspection.anchor_due),
    Round("verify", timedelta(hours=1), inspection.verify_due),
    Round("look", timedelta(seconds=5), lambda: look_around(now())),
    Round("count", timedelta(seconds=15), tallies.count),
    Round("nightly", timedelta(minutes=1), nightly.look_around),
    Round("leavers", timedelta(minutes=1), leavers.look_for_leavers),
    Round("expire", timedelta(minutes=5), deadlines.expire_overdue),
    Round("renew", timedelta(minutes=5), lambda: renew_due(now())),
    Round("forget", timedelta(hours=6), forget),
)


def sweep(
    *,
    keep_going: Callable[[], bool],
    pause: Callable[[float], object],
    rounds: Sequence[Round] = ROUNDS,
) -> None:
    """Walk the rounds until `keep_going` says no.

    Each has a thread of its own: a cluster that is silent for minutes holds up no order. Threads
    that are still on their way then are not waited for; what they do can be done again.
    """
    walkers = [
        Thread(target=_again_and_again, args=(each, keep_going, pause), name=each.name, daemon=True)
        for each in rounds
    ]
    for walker in walkers:
        walker.start()
    while keep_going():
        pause(1.0)


def _again_and_again(
    each: Round, keep_going: Callable[[], bool], pause: Callable[[float], object]
) -> None:
    while keep_going():
        walk(each)
        pause(each.every.total_seconds())


def walk(each: Round) -> None:
    """Walk a round once. What goes wrong in it is told, and the next time is not lost over it."""
    close_old_connections()
    try:
        with coming_from(WORKER), logs.about(round=each.name):
            each.walk()
    except DatabaseError as error:
        log.warning("round %s failed and is tried again: %s", each.name, type(error).__name__)
    except Exception:
        # like the engine's: a bug in one round must not keep the sweeper from its next one
        log.exception("round %s failed in a way nobody foresaw", each.name)
