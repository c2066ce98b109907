"""The file of risk rules: read as a whole, with every fault told at once."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from onboarding.assessment.risk import COUNTED, Condition, Level, Rule, Rules, Table
from portal import strict_yaml
from portal.errors import storable
from tenants.gradings import Classification, Criticality

VERSION = 1
TEXTS = ("kind", "environment", "classification", "criticality", "tier")
FLAGS = ("production", "first", "referred")
KNOWN = ("name", "when", "impact", "likelihood", "why")
CHOICES = {"classification": Classification.values, "criticality": Criticality.values}
LEVELS = ", ".join(Level)
LONGEST = 200  # characters of a name or a sentence


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
    reader = _Reader()
    found = reader.rules(content.parsed, content.revision)
    if reader.faults:
        raise RulesBroken(reader.faults)
    return found


class _Reader:
    """Reads part by part; what is wrong is noted and the reading goes on."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def rules(self, parsed: Any, revision: str) -> Rules:
        top = self._mapping(parsed, "The file")
        if top.get("version") != VERSION:
            self.faults.append(f"`version` must be {VERSION}.")
        self._refuse_others(top, ("version", "table", "rules"), "The file")
        listed = top.get("rules", [])
        if not isinstance(listed, list):
            self.faults.append("`rules` must be a list.")
            listed = []
        rules = [self._rule(each, f"Rule {place}") for place, each in enumerate(listed, 1)]
        names = [rule.name for rule in rules]
        twice = sorted({name for name in names if name and names.count(name) > 1})
        self.faults.extend(f"Two rules are called `{name}`." for name in twice)
        return Rules(self._table(top.get("table")), rules, revision)

    def _table(self, parsed: Any) -> Table:
        rows = self._mapping(parsed, "`table`")
        self._refuse_others(rows, tuple(Level), "`table`")
        return {impact: self._row(rows.get(impact), f"Row `{impact}`") for impact in Level}

    def _row(self, parsed: Any, where: str) -> Mapping[Level, Level]:
        row = self._mapping(parsed, f"{where} of `table`")
        self._refuse_others(row, tuple(Level), where)
        return {each: self._level(row.get(each), f"{where}, column `{each}`") for each in Level}

    def _rule(self, parsed: Any, where: str) -> Rule:
        row = self._mapping(parsed, where)
        self._refuse_others(row, KNOWN, where)
        if not {"impact", "likelihood"} & set(row):
            self.faults.append(f"{where} gives neither `impact` nor `likelihood`.")
        low = Level.LOW
        return Rule(
            name=self._text(row.get("name"), f"`name` of {where.lower()}"),
            conditions=tuple(self._conditions(row.get("when"), where)),
            impact=self._level(row.get("impact", low), f"`impact` of {where.lower()}"),
            likelihood=self._level(row.get("likelihood", low), f"`likelihood` of {where.lower()}"),
            why=self._text(row.get("why"), f"`why` of {where.lower()}"),
        )

    def _conditions(self, parsed: Any, where: str) -> Iterator[Condition]:
        when = self._mapping(parsed, f"`when` of {where.lower()}")
        for fact, value in when.items():
            if fact in COUNTED:
                yield Condition(fact, least=self._least(value, f"`{fact}` of {where.lower()}"))
            elif fact in FLAGS:
                self._refuse_unless(isinstance(value, bool), fact, where, "true or false")
                yield Condition(fact, values=(str(value).lower(),))
            elif fact in TEXTS:
                yield Condition(fact, values=tuple(self._texts(value, fact, where)))
            else:
                self.faults.append(f"{where} asks for `{_cut(fact)}`, which is no fact.")

    def _texts(self, value: Any, fact: str, where: str) -> list[str]:
        texts = value if isinstance(value, list) else [value]
        good = bool(texts) and all(isinstance(each, str) and each for each in texts)
        self._refuse_unless(good, fact, where, "a text, or a list of texts")
        strange = set(texts) - set(CHOICES[fact]) if good and fact in CHOICES else set()
        for each in sorted(strange):
            one_of = ", ".join(CHOICES[fact])
            self.faults.append(
                f"{where} asks for {fact} `{_cut(each)}`, which is none of {one_of}."
            )
        return texts if good else []

    def _least(self, value: Any, where: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.faults.append(f"{where} must be a number above 0.")
        return 1

    def _level(self, value: Any, where: str) -> Level:
        if isinstance(value, str) and value in set(Level):
            return Level(value)
        self.faults.append(f"{where} must be one of {LEVELS}.")
        return Level.HIGH

    def _text(self, value: Any, where: str) -> str:
        if isinstance(value, str) and 0 < len(value) <= LONGEST and value == storable(value):
            return value
        self.faults.append(f"{where} must be a text of at most {LONGEST} characters.")
        return ""

    def _mapping(self, value: Any, where: str) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return {str(key): each for key, each in value.items()}
        self.faults.append(f"{where} must have named parts.")
        return {}

    def _refuse_others(self, row: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        strange = sorted(set(row) - set(known))
        self.faults.extend(f"{where} has `{_cut(each)}`, which means nothing." for each in strange)

    def _refuse_unless(self, good: bool, fact: str, where: str, what: str) -> None:  # noqa: FBT001 - a verdict
        if not good:
            self.faults.append(f"`{fact}` of {where.lower()} must be {what}.")


def _cut(text: str) -> str:
    return text[:40]
