"""One source and how it is asked: in a thread of its own, within its deadline, not too often."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from threading import Event, Lock, Semaphore, Thread
from time import perf_counter
from typing import Any, Protocol

from onboarding.entitlement import sound
from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.breaker import Breaker
from onboarding.entitlement.memory import Heard, Memory
from onboarding.ports import Answer, BatchSource, EntitlementSource, Query, RereadSource
from portal import logs
from portal.clock import now

MOST_TOGETHER = 50  # questions of one call
AT_ONCE = 64  # calls of one source; those that hang count until they give up

log = logging.getLogger(__name__)


class Pending(Protocol):
    """An answer that is there, or comes."""

    def heard(self) -> Heard: ...


class Seat:
    """A source with what this process knows of it."""

    def __init__(
        self, source: EntitlementSource, limits: Limits, *, name: str = "", kind: str = ""
    ) -> None:
        self.name = name or source.name
        self.kind = kind or self.name
        self.source = source
        self.limits = limits
        # looked up once: asking a protocol takes longer than the rest of a remembered answer
        self._at_a_time = MOST_TOGETHER if isinstance(source, BatchSource) else 1
        self._breaker = Breaker(limits.failures, limits.pause)
        self._memory = Memory(limits.permit_for, limits.refusal_for)
        self._room = Semaphore(AT_ONCE)
        self._under_way: dict[str, Flight] = {}
        self._lock = Lock()
        self._refreshing: Thread | None = None

    def ask(
        self, queries: Sequence[Query], digests: Sequence[str], *, fresh: bool
    ) -> list[Pending]:
        """Begin to ask. Where it need not be `fresh`, what was heard a moment ago is enough.

        So is then what somebody else has begun to ask.
        """
        if fresh:
            return self._begin(queries, digests)
        with self._lock:
            kept = ((digest, self._at_hand(digest)) for digest in digests)
            found = {digest: pending for digest, pending in kept if pending is not None}
            wanted = zip(digests, queries, strict=True)
            absent = {digest: query for digest, query in wanted if digest not in found}
            if absent:
                found |= self._set_off(absent)
            return [found[digest] for digest in digests]

    def _set_off(self, absent: Mapping[str, Query]) -> Mapping[str, Pending]:
        """Begin to ask, and let others who ask the same meanwhile wait for the same answer."""
        begun = dict(zip(absent, self._begin([*absent.values()], [*absent]), strict=True))
        flights = {each: way for each, way in begun.items() if isinstance(way, Flight)}
        self._under_way.update(flights)
        return begun

    def refresh(self) -> None:
        """Let a source that rests on a file read it again, for its deadline at most."""
        if not isinstance(self.source, RereadSource):
            return
        if self._refreshing is None or not self._refreshing.is_alive():
            self._refreshing = Thread(target=self.source.refresh, daemon=True)
            self._refreshing.start()
            self._refreshing.join(self.limits.deadline.total_seconds())

    def _at_hand(self, digest: str) -> Pending | None:
        kept = self._memory.recall(digest)
        if kept is not None:
            return There(Heard(kept.answer, kept.at, remembered=True))
        return self._under_way.get(digest)

    def _begin(self, queries: Sequence[Query], digests: Sequence[str]) -> list[Pending]:
        """Send the questions off: as few calls as the source can take them by."""
        size = self._at_a_time
        starts = range(0, len(queries), size)
        calls = (self._call(queries[at : at + size], digests[at : at + size]) for at in starts)
        return [pending for call in calls for pending in call]

    def _call(self, queries: Sequence[Query], digests: Sequence[str]) -> Sequence[Pending]:
        if not self._room.acquire(blocking=False):
            why = self._unknown("source_busy", "has too many open questions.")
        elif not self._breaker.lets_through():
            self._room.release()
            reason = "failed several times in a row and is not asked for a moment."
            why = self._unknown("source_resting", reason)
        else:
            return Call(self, queries, digests).flights
        return [There(Heard(why, now())) for _ in queries]

    def _unknown(self, code: str, reason: str) -> Answer:
        return sound.unknown(self.name, code, reason)

    def landed(self, flight: "Flight", heard: Heard) -> None:
        """Learn from an answer, or from there being none."""
        if not sound.is_failure(heard.answer):
            self._breaker.succeeded()
        elif flight.call.is_first_failure():
            self._breaker.failed()
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


class Call:
    """One call of a source, in a thread of its own: a question, or several together."""

    def __init__(self, seat: Seat, queries: Sequence[Query], digests: Sequence[str]) -> None:
        self._seat = seat
        self._queries = queries
        self._failures = count(1)
        self.began_at: datetime = now()
        self.began = perf_counter()  # a clock that is set does not lengthen a deadline
        self.flights = [Flight(seat, self, digest) for digest in digests]
        # a daemon: a source that hangs for ever must not keep the process from ending
        Thread(target=self._fly, name=f"entitlement-{seat.name}", daemon=True).start()

    def is_first_failure(self) -> bool:
        """Say whether nothing of this call has failed before: one call is one failure."""
        return next(self._failures) == 1

    def _fly(self) -> None:
        try:
            for flight, answer in zip(self.flights, self._answers(), strict=True):
                flight.settled(sound.checked(answer, self._seat.name))
        except Exception as error:  # noqa: BLE001 - a company's own source may raise anything
            broken = self._broken(error)
            for flight in self.flights:
                flight.settled(broken)
        finally:
            self._seat.left()

    def _answers(self) -> Sequence[object]:
        source = self._seat.source
        if len(self._queries) == 1 or not isinstance(source, BatchSource):
            return [source.check(query) for query in self._queries]
        answers: Any = source.check_all(self._queries)
        fits = isinstance(answers, list | tuple) and len(answers) == len(self._queries)
        # which answer belongs to which question nobody knows then
        return answers if fits else [None] * len(self._queries)

    def _broken(self, error: Exception) -> Answer:
        kind, where = type(error).__name__, logs.places(error)
        log.error("the entitlement source %s broke: %s at %s", self._seat.name, kind, where)
        return sound.unknown(
            self._seat.name, "source_broken", "failed in a way nobody foresaw.", error=kind
        )


class Flight:
    """One question on its way. What comes first counts: the answer, or the end of the deadline."""

    def __init__(self, seat: Seat, call: Call, digest: str) -> None:
        self.call = call
        self.digest = digest
        self._seat = seat
        self._heard: Heard | None = None
        self._over = Event()
        self._lock = Lock()

    def heard(self) -> Heard:
        """Wait for the answer, until the deadline at most."""
        deadline = self._seat.limits.deadline.total_seconds()
        self._over.wait(max(0.0, self.call.began + deadline - perf_counter()))
        why = f"did not answer within {deadline:g} s."
        return self.settled(sound.unknown(self._seat.name, "source_timeout", why))

    def settled(self, answer: Answer) -> Heard:
        """Let this answer count if none did before, and return the one that counts."""
        with self._lock:
            if self._heard is not None:
                return self._heard
            self._heard = Heard(answer, self.call.began_at)
        self._seat.landed(self, self._heard)
        self._over.set()
        return self._heard
