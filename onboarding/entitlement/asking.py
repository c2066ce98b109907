"""Asking every source at once, and making one ruling of what they answer."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.combine import Terms, combined, one_of
from onboarding.entitlement.memory import Heard
from onboarding.entitlement.seat import Seat
from onboarding.ports import Answer, EntitlementSource, Outcome, PeopleSource, Query, RereadSource

# of sources on this machine: nothing is repeated, and none gets a rest
NEAR = Limits(
    deadline=timedelta(seconds=10),
    permit_for=timedelta(),
    refusal_for=timedelta(),
    failures=0,
)


@dataclass(frozen=True)
class Ruling(Answer):
    """The answer that counts, with all that it was made of and the digest of the question."""

    heard: Sequence[Heard] = ()
    digest: str = ""


class Sources:
    """The sources of a portal and the terms by which their answers combine."""

    def __init__(self, seats: Sequence[Seat], terms: Terms) -> None:
        self._seats = seats
        self._terms = terms

    @property
    def seats(self) -> Sequence[Seat]:
        """The sources with what this process knows of them."""
        return self._seats

    def ruling(self, query: Query, *, fresh: bool = True) -> Ruling:
        """Ask all sources at the same time; no longer than the longest deadline."""
        return self.rulings([query], fresh=fresh)[0]

    def rulings(self, queries: Sequence[Query], *, fresh: bool = True) -> list[Ruling]:
        """Ask several questions at the same time.

        What need not be `fresh` may have been heard minutes ago, within the limits of each source.
        """
        digests = [digest_of(query) for query in queries]
        pending = [seat.ask(queries, digests, fresh=fresh) for seat in self._seats]
        heard = [[each.heard() for each in answers] for answers in pending]
        return [
            self._ruled([answers[at] for answers in heard], digest)
            for at, digest in enumerate(digests)
        ]

    def registers(self) -> list[PeopleSource]:
        """Return the sources that say who has left."""
        sources = [seat.source for seat in self._seats]
        return [each for each in sources if isinstance(each, PeopleSource) and each.leavers]

    def refresh(self) -> None:
        """Let sources read their files again, before a process is forked that asks them."""
        for seat in self._seats:
            seat.refresh()

    def doubts(self) -> dict[str, str]:
        """Read again, and return what is wrong with what sources rest on, by their names."""
        self.refresh()
        sources = {seat.name: seat.source for seat in self._seats}
        return {
            name: source.doubt
            for name, source in sources.items()
            if isinstance(source, RereadSource) and source.doubt
        }

    def _ruled(self, heard: Sequence[Heard], digest: str) -> Ruling:
        answer = combined([each.answer for each in heard], self._terms)
        return Ruling(**vars(answer), heard=heard, digest=digest)


def together(sources: Sequence[EntitlementSource]) -> Sources:
    """Return sources on this machine of which one has to permit, and none may fail to tell."""
    return Sources(
        [Seat(source, NEAR) for source in sources], one_of([source.name for source in sources])
    )


UNUSABLE = "configuration"


class _Unusable:
    """Stands for sources that could not be made."""

    name = UNUSABLE

    def check(self, _query: Query) -> Answer:
        return Answer(
            Outcome.UNKNOWN,
            self.name,
            "configuration_broken",
            "The file of entitlement sources cannot be used, so nobody is permitted.",
            remedy="An operator has to mend it: `manage.py check` says what is wrong.",
        )


def nobody() -> Sources:
    """Return sources that permit nobody, for want of a configuration that can be used."""
    return together([_Unusable()])


def digest_of(query: Query) -> str:
    """Return the SHA-256 of the question, the same for the same question anywhere."""
    whole = vars(query) | {"groups": sorted(query.groups), "claims": dict(query.claims)}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
