"""One source and how it is asked: in a thread of its own, within its deadline, not too often."""

import logging
import traceback
from datetime import datetime
from threading import Event, Lock, Semaphore, Thread
from time import perf_counter
from typing import Protocol

from onboarding.entitlement import sound
from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.breaker import Breaker
from onboarding.entitlement.memory import Heard, Memory
from onboarding.ports import Answer, EntitlementSource, Query
from portal.clock import now

AT_ONCE = 64  # questions to one source; those that hang count until they give up

log = logging.getLogger(__name__)


class Pending(Protocol):
    """An answer that is there, or comes."""

    def heard(self) -> Heard: ...


class Seat:
    """A source with what this process knows of it."""

    def __init__(self, source: EntitlementSource, limits: Limits, *, name: str = "") -> None:
        self.name = name or source.name
        self.source = source
        self.limits = limits
        self._breaker = Breaker(limits.failures, limits.pause)
        self._memory = Memory(limits.permit_for, limits.refusal_for)
        self._room = Semaphore(AT_ONCE)
        self._under_way: dict[str, Flight] = {}
        self._lock = Lock()

    def ask(self, query: Query, digest: str, *, fresh: bool) -> Pending:
        """Begin to ask. Where it need not be `fresh`, what was heard a moment ago is enough.

        So is then what somebody else has begun to ask.
        """
        if fresh:
            return self._begin(query, digest)
        kept = self._memory.recall(digest)
        if kept is not None:
            return There(Heard(kept.answer, kept.at, remembered=True))
        with self._lock:
            under_way = self._under_way.get(digest)
            if under_way is not None:
                return under_way
            begun = self._begin(query, digest)
            if isinstance(begun, Flight):
                self._under_way[digest] = begun
            return begun

    def _begin(self, query: Query, digest: str) -> "Pending":
        if not self._room.acquire(blocking=False):
            return There(Heard(self._unknown("source_busy", "has too many open questions."), now()))
        if not self._breaker.lets_through():
            self._room.release()
            why = "failed several times in a row and is not asked for a moment."
            return There(Heard(self._unknown("source_resting", why), now()))
        return Flight(self, query, digest)

    def _unknown(self, code: str, reason: str) -> Answer:
        return sound.unknown(self.name, code, reason)

    def landed(self, flight: "Flight", heard: Heard) -> None:
        """Learn from an answer, or from there being none."""
        if sound.is_failure(heard.answer):
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        self._memory.keep(flight.digest, heard)
        with self._lock:
            if self._under_way.get(flight.digest) is flight:
                del self._under_way[flight.digest]

    def left(self) -> None:
        """Make room: a question has come back from the source, in time or late."""
        self._room.release()


class There:
    """An answer that is there."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def heard(self) -> Heard:
        return self._heard


class Flight:
    """One question on its way. What comes first counts: the answer, or the end of the deadline."""

    def __init__(self, seat: Seat, query: Query, digest: str) -> None:
        self.digest = digest
        self._seat = seat
        self._began_at: datetime = now()
        self._began = perf_counter()  # a clock that is set does not lengthen a deadline
        self._heard: Heard | None = None
        self._over = Event()
        self._lock = Lock()
        # a daemon: a source that hangs for ever must not keep the process from ending
        Thread(
            target=self._fly, args=(query,), name=f"entitlement-{seat.name}", daemon=True
        ).start()

    def heard(self) -> Heard:
        """Wait for the answer, until the deadline at most."""
        deadline = self._seat.limits.deadline.total_seconds()
        self._over.wait(max(0.0, self._began + deadline - perf_counter()))
        why = f"did not answer within {deadline:g} s."
        return self._settled(sound.unknown(self._seat.name, "source_timeout", why))

    def _fly(self, query: Query) -> None:
        try:
            self._settled(sound.checked(self._seat.source.check(query), self._seat.name))
        except Exception as error:  # noqa: BLE001 - a company's own source may raise anything
            self._settled(self._broken(error))
        finally:
            self._seat.left()

    def _broken(self, error: Exception) -> Answer:
        # places only: the error's own words are foreign and may hold what was sent
        frames = traceback.extract_tb(error.__traceback__)
        where = ", ".join(f"{each.filename}:{each.lineno}" for each in frames)
        kind = type(error).__name__
        log.error("the entitlement source %s broke: %s at %s", self._seat.name, kind, where)
        return sound.unknown(
            self._seat.name, "source_broken", "failed in a way nobody foresaw.", error=kind
        )

    def _settled(self, answer: Answer) -> Heard:
        """Let this answer count if none did before, and return the one that counts."""
        with self._lock:
            if self._heard is not None:
                return self._heard
            self._heard = Heard(answer, self._began_at)
        self._seat.landed(self, self._heard)
        self._over.set()
        return self._heard
