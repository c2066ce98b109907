"""Sources for tests: one that says what it is told to, and one that answers when it is let."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from onboarding.ports import Answer, Outcome, Query

QUERY = Query("local:alice", frozenset(), "onboard", "retail", "basket", "dev")


def said(outcome: Any = Outcome.PERMIT, source: str = "oracle", **more: Any) -> Answer:
    return Answer(outcome, source, more.pop("code", "said_so"), more.pop("reason", "So."), **more)


@dataclass
class Told:
    """A source that does what it is told to do when it is asked, and counts how often it was."""

    does: Callable[[], Any] = said
    name: str = "oracle"
    queries: list[Query] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return len(self.queries)

    def check(self, query: Query) -> Answer:
        self.queries.append(query)
        answer: Answer = self.does()
        return answer


@dataclass
class Slow:
    """A source that answers once it may; tests let it go at their end."""

    name: str = "slow"
    may: Event = field(default_factory=Event)
    asked: int = 0

    def check(self, _query: Query) -> Answer:
        self.asked += 1
        self.may.wait(20)
        return said(source=self.name)
