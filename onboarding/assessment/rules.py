"""The file of risk rules: read as a whole, with every fault told at once."""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from accounts.entries import Entry
from onboarding.assessment.risk import COUNTED, Condition, Level, Rule, Rules, Table
from onboarding.models import Kind
from portal import strict_yaml
from tenants.gradings import Classification, Criticality

VERSION = 1
NAMES = ("environment", "tier")  # of which the record knows, and the file may be ahead of it
CHOICES = {
    "kind": Kind.values,
    "classification": Classification.values,
    "criticality": Criticality.values,
}
FLAGS = ("production", "first", "referred")


class RulesBroken(Exception):
    """The file cannot be used; `faults` has a sentence for each thing that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def read(path: Path) -> Rules:
    """Read a file of rules. Raises RulesBroken with every fault."""
    try:
        return _read(strict_yaml.bytes_of(path))
    except strict_yaml.Unreadable as error:
        raise RulesBroken([str(error)]) from error
    except OSError as error:
        raise RulesBroken([f"{path.name} cannot be read: {error.strerror}."]) from error


@lru_cache(maxsize=4)
def _read(raw: bytes) -> Rules:
    """Read what stands in a file. The same bytes are read once."""
    content = strict_yaml.content(raw)
    faults: list[str] = []
    top = Entry("The file", content.parsed, faults)
    if top.taken("version") != VERSION:
        top.fault(f"must say `version: {VERSION}`")
    table, rules = _table(top, faults), _rules(top, faults)
    top.close()
    if faults:
        raise RulesBroken([f"{fault}." for fault in faults])
    return Rules(table, rules, content.revision)


def _table(top: Entry, faults: list[str]) -> Table:
    rows = Entry("`table`", top.taken("table"), faults)
    found = {impact: _row(impact, rows.taken(impact), faults) for impact in Level}
    rows.close()
    return found


def _row(impact: Level, content: Any, faults: list[str]) -> Mapping[Level, Level]:
    row = Entry(f"Row `{impact}` of `table`", content, faults)
    found = {likelihood: _level(row, likelihood) for likelihood in Level}
    row.close()
    return found


def _rules(top: Entry, faults: list[str]) -> list[Rule]:
    listed = top.taken("rules")
    if not isinstance(listed, list):
        top.fault("must have a list as `rules`")
        return []
    rules = [_rule(Entry(f"Rule {place}", each, faults)) for place, each in enumerate(listed, 1)]
    names = [rule.name for rule in rules if rule.name]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults.extend(f"Two rules are called `{name}`" for name in twice)
    return rules


def _rule(row: Entry) -> Rule:
    if not row.has("impact") and not row.has("likelihood"):
        row.fault("gives neither `impact` nor `likelihood`")
    low = partial(_level, row, default=Level.LOW)
    when = row.inner("when")
    found = Rule(
        name=row.text("name"),
        conditions=tuple(_conditions(when)) if when else (),
        impact=low("impact"),
        likelihood=low("likelihood"),
        why=row.text("why"),
    )
    if when is None:
        row.fault("needs `when`; `{}` fits every order")
    row.close()
    return found


def _level(row: Entry, name: str, default: Level | None = None) -> Level:
    value = row.taken(name, default)
    if isinstance(value, str) and value in set(Level):
        return Level(value)
    row.fault(f"must have one of {', '.join(Level)} as `{name}`")
    return Level.HIGH


def _conditions(when: Entry) -> Iterator[Condition]:
    for fact in filter(when.has, COUNTED):
        yield Condition(fact, least=_least(when, fact))
    for fact in filter(when.has, FLAGS):
        yield Condition(fact, values=(_flag(when, fact),))
    for fact in filter(when.has, (*NAMES, *CHOICES)):
        yield Condition(fact, values=_values(when, fact))
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


def _values(when: Entry, fact: str) -> tuple[str, ...]:
    """Return the values of which the fact has to be one; one of them may stand without a list."""
    value = when.taken(fact)
    values = tuple(value) if isinstance(value, list) else (value,)
    if not values or not all(isinstance(each, str) and each for each in values):
        when.fault(f"must have a text, or a list of texts, as `{fact}`")
        return ()
    for each in sorted(set(values) - set(CHOICES.get(fact, values))):
        when.fault(f"asks for {fact} `{each[:40]}`, which is none of {', '.join(CHOICES[fact])}")
    return values
