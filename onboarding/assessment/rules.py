"""The file of risk rules: read as a whole, with every fault told at once."""

from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from accounts.entries import Entry
from onboarding.assessment.conditions import conditions
from onboarding.assessment.risk import Level, Rule, Rules, Table
from portal import strict_yaml

VERSION = 1


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
        conditions=tuple(conditions(when)) if when else (),
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
