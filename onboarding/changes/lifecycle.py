"""What a change model is: how a change begins, and which verb leads where under which guards. Pure.

The states are those of ITIL change enablement; `onboarding/changes/models.py` has their names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verb(StrEnum):
    """What people do with a change."""

    APPROVE = "approve"
    REFUSE = "refuse"
    ASK = "ask"
    ANSWER = "answer"
    TAKE_BACK = "take-back"


AUTHORIZE, SCHEDULED, IMPLEMENT = "authorize", "scheduled", "implement"
CLOSED, REFUSED, EXPIRED, CANCELED = "closed", "refused", "expired", "canceled"
OPEN = (AUTHORIZE, SCHEDULED, IMPLEMENT)

# Where a verb of people leads. An approval leads on with the last one that the policy asks for.
LEADS_TO: Mapping[Verb, str] = {
    Verb.APPROVE: SCHEDULED,
    Verb.REFUSE: REFUSED,
    Verb.ASK: AUTHORIZE,
    Verb.ANSWER: AUTHORIZE,
    Verb.TAKE_BACK: AUTHORIZE,
}
# What Berth does, by its engine: from where, to where, and what has to hold then. It is no part of
# the file, because undo must not depend on whether somebody has broken that.
BERTHS: Mapping[str, tuple[Sequence[str], str, Sequence[str]]] = {
    "start": ((SCHEDULED,), IMPLEMENT, ("approved-digest", "calendar-open", "entitled")),
    "close": (OPEN, CLOSED, ()),
    "cancel": (OPEN, CANCELED, ()),
    "expire": ((AUTHORIZE, SCHEDULED), EXPIRED, ("time-over",)),
}
# Without these nobody could be sure that four eyes have seen what is carried out.
ALWAYS: Mapping[Verb, Sequence[str]] = {
    Verb.APPROVE: (
        *("role", "not-requester", "not-amender", "group", "once", "not-sole-owner"),
        *("in-time", "digest"),
    ),
    Verb.REFUSE: ("role", "not-requester", "not-amender", "group", "in-time", "digest", "reason"),
    Verb.ASK: ("role", "not-requester", "not-amender", "group", "in-time", "reason"),
    Verb.ANSWER: ("requester", "question", "reason"),
    Verb.TAKE_BACK: ("role", "approved", "reason"),
}
DECIDABLE: Mapping[Verb, Sequence[str]] = {
    Verb.APPROVE: (AUTHORIZE,),
    Verb.REFUSE: (AUTHORIZE,),
    Verb.ASK: (AUTHORIZE,),
    Verb.ANSWER: (AUTHORIZE,),
    Verb.TAKE_BACK: (AUTHORIZE, SCHEDULED),
}


@dataclass(frozen=True)
class Move:
    """A verb of people: from which states it leads on, and what has to hold."""

    verb: Verb
    sources: tuple[str, ...]
    guards: tuple[str, ...]

    @property
    def to(self) -> str:
        return LEADS_TO[self.verb]


@dataclass(frozen=True)
class Model:
    """A change model: the state that a change begins in, and the moves of people."""

    name: str
    begins: str
    moves: Mapping[Verb, Move]
