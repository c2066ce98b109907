"""What has to hold before somebody does something with a change: guards by name. Pure.

Buttons, the API and enforcement ask the same list: that of the change's model, for the verb.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from onboarding.changes.lifecycle import Model, Verb
from portal.errors import (
    AlreadyDecided,
    BerthError,
    ChangeExpired,
    NoQuestion,
    NotApprover,
    NotEntitled,
    NothingToTakeBack,
    OwnersOnly,
    OwnOrder,
    PlanOutdated,
    ReasonMissing,
)


@dataclass(frozen=True)
class Situation:
    """Who wants to do something, and how the change stands. What is not sent yet is None."""

    status: str  # of the change, or nothing without one
    who_decides: str  # in words, such as "a member of prod-approvers"
    is_approver: bool = False
    is_requester: bool = False
    has_amended: bool = False
    is_operator: bool = False
    is_owner: bool = False  # of the application or the service
    sits_here: bool = False  # may decide in the stage that is open, by a group of theirs
    has_decided: bool = False  # on this change, and did not take it back
    has_approved: bool = False  # that is, an approval of theirs is in force
    needed: int = 1  # approvals that the open stage asks for
    given: int = 0  # approvals in force in it
    by_others: int = 0  # of those, by people who own neither application nor service
    questions: int = 0  # that nobody has answered
    is_over_time: bool = False
    digest: str = ""  # that the change is for
    shown: str | None = None  # digest that the person was shown
    reason: str | None = None


Guard = Callable[[Situation], BerthError | None]


def _role(here: Situation) -> BerthError | None:
    return None if here.is_approver else NotApprover("Deciding on orders needs the role approver.")


def _not_requester(here: Situation) -> BerthError | None:
    return OwnOrder("You asked for this yourself.") if here.is_requester else None


def _not_amender(here: Situation) -> BerthError | None:
    if not here.has_amended:
        return None
    return OwnOrder("You amended this order, so what you would approve is partly your own.")


def _group(here: Situation) -> BerthError | None:
    if here.sits_here:
        return None
    return NotApprover(f"It is for {here.who_decides} to decide, which you are not.")


def _once(here: Situation) -> BerthError | None:
    return AlreadyDecided("You decided on this before.") if here.has_decided else None


def _not_sole_owner(here: Situation) -> BerthError | None:
    """Owners count, but not where nobody else would have approved."""
    is_last = here.given + 1 >= here.needed
    if here.is_owner and is_last and not here.by_others:
        return OwnersOnly("You own this, and nobody who does not has approved.")
    return None


def _in_time(here: Situation) -> BerthError | None:
    return ChangeExpired("The time to decide is over.") if here.is_over_time else None


def _digest(here: Situation) -> BerthError | None:
    if here.shown is None or here.shown == here.digest:
        return None
    return PlanOutdated("The plan has changed since this page was shown.")


def _reason(here: Situation) -> BerthError | None:
    if here.reason is None or here.reason:
        return None
    return ReasonMissing("Say it in words, so that the others know what to do.")


def _requester(here: Situation) -> BerthError | None:
    if here.is_requester or here.is_operator:
        return None
    return NotEntitled("Only the person who asked or an operator may answer.")


def _question(here: Situation) -> BerthError | None:
    return None if here.questions else NoQuestion("No question is open.")


def _approved(here: Situation) -> BerthError | None:
    if here.has_approved:
        return None
    return NothingToTakeBack("No approval of yours is in force here.")


GUARDS: Mapping[str, Guard] = {
    "role": _role,
    "not-requester": _not_requester,
    "not-amender": _not_amender,
    "group": _group,
    "once": _once,
    "not-sole-owner": _not_sole_owner,
    "in-time": _in_time,
    "digest": _digest,
    "reason": _reason,
    "requester": _requester,
    "question": _question,
    "approved": _approved,
}
# about the person and not about how the change stands: whoever fails one of them is turned away
PERSONAL = ("role", "not-requester", "not-amender", "group", "requester")


@dataclass(frozen=True)
class Hindrance:
    """A guard by name, and what it says."""

    guard: str
    error: BerthError


def hindrances(model: Model | None, verb: Verb, here: Situation) -> Iterator[Hindrance]:
    """Tell what keeps this person from doing this, those about the person first."""
    move = model.moves.get(verb) if model else None
    guards = move.guards if move else ()
    yield from _raised([each for each in guards if each in PERSONAL], here)
    if move is None or here.status not in move.sources:
        yield Hindrance("state", _elsewhere(verb))
    yield from _raised([each for each in guards if each not in PERSONAL], here)


def _raised(names: list[str], here: Situation) -> Iterator[Hindrance]:
    for name in names:
        error = GUARDS[name](here)
        if error is not None:
            yield Hindrance(name, error)


def _elsewhere(verb: Verb) -> BerthError:
    match verb:
        case Verb.TAKE_BACK:
            return NothingToTakeBack("The change has started, or is over.")
        case Verb.ANSWER:
            return NoQuestion("This order does not wait for approval.")
        case _:
            return AlreadyDecided("This order does not wait for approval.")


def is_over_time(expires_at: datetime, paused_at: datetime | None, moment: datetime) -> bool:
    """Say whether the time to decide is over; while a question is open its clock stands still."""
    return paused_at is None and expires_at <= moment
