"""The file of change control: models and policies, read as a whole, every fault told at once."""

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from accounts.entries import Entry
from onboarding.assessment.conditions import ASSESSED, conditions
from onboarding.changes.guards import GUARDS
from onboarding.changes.lifecycle import (
    ALWAYS,
    AUTHORIZE,
    DECIDABLE,
    SCHEDULED,
    Model,
    Move,
    Verb,
)
from onboarding.changes.policies import Control, Emergency, OnExpiry, Policy, Stage
from portal import strict_yaml
from portal.errors import ControlBroken
from tenants.catalogue import ChangeType

VERSION = 1
LONGEST = 90 * 24  # hours of a stage
LONGEST_EMERGENCY = 72  # hours: whoever needs more asks again, after a review
MOST = 20  # people that a stage may ask for
# what decides at once needs nobody, so it has no stages; every other model has some
BEGINS = {ChangeType.STANDARD.value: SCHEDULED, ChangeType.NORMAL.value: AUTHORIZE}


class FileBroken(Exception):
    """The file cannot be used; `faults` has a sentence for each thing that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def in_force() -> Control:
    """Return what is in force now. Raises ControlBroken: without it nobody knows who decides."""
    try:
        return read(settings.BERTH_CHANGE_CONTROL)
    except FileBroken as error:
        raise ControlBroken(f"The file of change control is broken. {error}"[:1000]) from error


def read(path: Path) -> Control:
    """Read a file. Raises FileBroken with every fault."""
    try:
        return _read(strict_yaml.bytes_of(path))
    except strict_yaml.Unreadable as error:
        raise FileBroken([str(error)]) from error
    except OSError as error:
        raise FileBroken([f"{path.name} cannot be read: {error.strerror}."]) from error


@lru_cache(maxsize=4)
def _read(raw: bytes) -> Control:
    """Read what stands in a file. The same bytes are read once."""
    content = strict_yaml.content(raw)
    faults: list[str] = []
    top = Entry("The file", content.parsed, faults)
    if top.taken("version") != VERSION:
        top.fault(f"must say `version: {VERSION}`")
    models = _models(top, faults)
    policies = _policies(top, faults)
    emergency = _emergency(top)
    top.close()
    if faults:
        raise FileBroken([f"{fault}." for fault in faults])
    return Control(models, policies, content.revision, emergency)


def _emergency(top: Entry) -> Emergency | None:
    row = top.inner("emergency")
    if row is None:
        return None
    found = Emergency(
        groups=row.texts("groups"),
        reviewers=row.texts("reviewers"),
        within=timedelta(hours=row.seconds("hours", default=4, least=1, most=LONGEST_EMERGENCY)),
        review_within=timedelta(days=row.seconds("review_days", default=5, least=1, most=90)),
    )
    if not found.groups or not found.reviewers:
        row.fault("needs `groups` that may and `reviewers` who look at it afterwards")
    row.close()
    return found


def _models(top: Entry, faults: list[str]) -> dict[str, Model]:
    rows = Entry("`models`", top.taken("models"), faults)
    found = {name: _model(name, rows.taken(name), faults) for name in BEGINS}
    rows.close()
    return found


def _model(name: str, content: object, faults: list[str]) -> Model:
    row = Entry(f"Model {name}", content, faults)
    if row.text("begins") != BEGINS[name]:
        row.fault(f"must have `begins: {BEGINS[name]}`")
    verbs = Entry(f"Model {name}, `verbs`,", row.taken("verbs", {}), faults)
    moves = {verb: _move(name, verb, verbs, faults) for verb in Verb if verbs.has(verb)}
    for verb in (Verb.APPROVE, Verb.REFUSE):
        if BEGINS[name] == AUTHORIZE and verb not in moves:
            row.fault(f"needs the verb `{verb}`, or nobody could ever decide")
    verbs.close()
    row.close()
    return Model(name, BEGINS[name], moves)


def _move(model: str, verb: Verb, verbs: Entry, faults: list[str]) -> Move:
    row = Entry(f"Model {model}, verb {verb},", verbs.taken(verb), faults)
    sources, guards = row.texts("from"), row.texts("guards")
    for each in sorted(set(sources) - set(DECIDABLE[verb])):
        row.fault(f"cannot lead on from `{each[:40]}`")
    for each in sorted(set(guards) - set(GUARDS)):
        row.fault(f"names the guard `{each[:40]}`, which is none of {', '.join(GUARDS)}")
    for each in (guard for guard in ALWAYS[verb] if guard not in guards):
        row.fault(f"must keep the guard `{each}`")
    row.close()
    return Move(verb, sources, guards)


def _policies(top: Entry, faults: list[str]) -> list[Policy]:
    rows = top.taken("policies")
    if not isinstance(rows, list) or not rows:
        top.fault("must have a list of `policies`")
        return []
    found = [_policy(number, row, faults) for number, row in enumerate(rows, start=1)]
    names = [each.name for each in found]
    for each in sorted({name for name in names if names.count(name) > 1}):
        top.fault(f"has two policies called `{each[:40]}`")
    if found[-1].conditions:
        top.fault("must end with a policy whose `when` is `{}`, so that one holds for every order")
    return found


def _policy(number: int, content: object, faults: list[str]) -> Policy:
    row = Entry(f"Policy {number}", content, faults)
    when = row.inner("when")
    if when is None:
        row.fault("needs `when`; `{}` fits every order")
    model = row.text("model")
    stages = tuple(_stages(row, number, faults))
    if model not in BEGINS:
        row.fault(f"must have one of {', '.join(BEGINS)} as `model`")
    elif bool(stages) is not (BEGINS[model] == AUTHORIZE):
        row.fault("needs `stages` exactly where its model begins with people who decide")
    found = Policy(
        name=row.text("name"),
        conditions=tuple(conditions(when, ASSESSED)) if when else (),
        model=model,
        stages=stages,
        why=row.text("why", default=""),
    )
    row.close()
    return found


def _stages(policy: Entry, number: int, faults: list[str]) -> Iterator[Stage]:
    rows = policy.taken("stages", [])
    if not isinstance(rows, list):
        policy.fault("must have a list of `stages`")
        return
    for place, content in enumerate(rows, start=1):
        row = Entry(f"Policy {number}, stage {place},", content, faults)
        yield _stage(row)
        row.close()


def _stage(row: Entry) -> Stage:
    hours = row.seconds("hours", default=0, most=LONGEST)
    on_expiry = row.taken("on_expiry", OnExpiry.CANCEL)
    if on_expiry not in list(OnExpiry):
        row.fault(f"must have one of {', '.join(OnExpiry)} as `on_expiry`")
        on_expiry = OnExpiry.CANCEL
    found = Stage(
        name=row.text("name"),
        groups=row.texts("groups"),
        needed=_needed(row),
        within=timedelta(hours=hours) if hours else None,
        on_expiry=OnExpiry(on_expiry),
        escalate_to=row.texts("escalate_to"),
    )
    if (found.on_expiry is OnExpiry.ESCALATE) is not bool(found.escalate_to):
        row.fault("needs `escalate_to` exactly where it has `on_expiry: escalate`")
    if found.on_expiry is OnExpiry.ESCALATE and found.within is None:
        row.fault("needs `hours` to escalate after")
    return found


def _needed(row: Entry) -> int:
    value = row.taken("needed", 1)
    if type(value) is int and 1 <= value <= MOST:
        return value
    row.fault(f"must have a whole number from 1 to {MOST} as `needed`")
    return 1
