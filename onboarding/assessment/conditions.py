"""What a rule asks of an order's facts, as it stands in a file; for risk and for policies alike."""

from collections.abc import Iterator, Mapping, Sequence

from accounts.entries import Entry
from onboarding.assessment.risk import COUNTED, Condition, Level
from onboarding.models import Kind
from tenants.catalogue import ChangeType
from tenants.gradings import Classification, Criticality

NAMES = ("environment", "tier")  # of which the record knows, and the file may be ahead of it
CHOICES: Mapping[str, Sequence[str]] = {
    "kind": Kind.values,
    "classification": Classification.values,
    "criticality": Criticality.values,
}
# and what policies may ask besides: risk cannot rest on risk
ASSESSED: Mapping[str, Sequence[str]] = {
    **CHOICES,
    "risk": list(Level),
    "change_type": ChangeType.values,
}
FLAGS = ("production", "first", "referred")


def conditions(when: Entry, choices: Mapping[str, Sequence[str]] = CHOICES) -> Iterator[Condition]:
    """Read the conditions of a rule. `choices` are facts with the values that each can have."""
    for fact in filter(when.has, COUNTED):
        yield Condition(fact, least=_least(when, fact))
    for fact in filter(when.has, FLAGS):
        yield Condition(fact, values=(_flag(when, fact),))
    for fact in filter(when.has, (*NAMES, *choices)):
        yield Condition(fact, values=_values(when, fact, choices))
    when.close()


def _least(when: Entry, fact: str) -> int:
    value = when.taken(fact)
    if type(value) is int and value > 0:
        return value
    when.fault(f"must have a whole number above 0 as `{fact}`")
    return 1


def _flag(when: Entry, fact: str) -> str:
    value = when.taken(fact)
    if not isinstance(value, bool):
        when.fault(f"must have true or false as `{fact}`")
    return str(value).lower()


def _values(when: Entry, fact: str, choices: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the values of which the fact has to be one; one of them may stand without a list."""
    value = when.taken(fact)
    values = tuple(value) if isinstance(value, list) else (value,)
    if not values or not all(isinstance(each, str) and each for each in values):
        when.fault(f"must have a text, or a list of texts, as `{fact}`")
        return ()
    for each in sorted(set(values) - set(choices.get(fact, values))):
        when.fault(f"asks for {fact} `{each[:40]}`, which is none of {', '.join(choices[fact])}")
    return values
