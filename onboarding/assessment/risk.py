"""Risk over plain rows: which rules count, the highest of them, and the table. Pure.

The shape is that of change management in the field: an impact and a likelihood, each the highest
that any rule gives, looked up in a table that a company edits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How high an impact, a likelihood or a risk is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


Table = Mapping[Level, Mapping[Level, Level]]  # impact, then likelihood


@dataclass(frozen=True)
class Facts:
    """What rules may ask about an order."""

    kind: str
    environment: str
    production: bool
    classification: str
    criticality: str
    tiers: frozenset[str]  # of its clusters
    clusters: int
    destinations: int
    first: bool  # no service of the application is in the record, or was
    referred: bool  # no source of entitlement could tell
    change_type: str = ""  # of its environment
    risk: str = ""  # what the rules of risk gave; nothing while they are asked


@dataclass(frozen=True)
class Condition:
    """One thing that a rule asks: the fact, and the values of which it is one, or the least."""

    fact: str
    values: tuple[str, ...] = ()
    least: int = 0

    def holds(self, facts: Facts) -> bool:
        if self.least:
            return int(getattr(facts, COUNTED[self.fact])) >= self.least
        return not self._said(facts).isdisjoint(self.values)

    def _said(self, facts: Facts) -> frozenset[str]:
        value = facts.tiers if self.fact == "tier" else getattr(facts, self.fact)
        if isinstance(value, frozenset):
            return value
        return frozenset({str(value).lower() if isinstance(value, bool) else str(value)})

    def words(self, facts: Facts) -> str:
        """Say what the fact is."""
        if self.least:
            name = COUNTED[self.fact]
            return f"{name} are {getattr(facts, name)}"
        return f"{self.fact} is {' and '.join(sorted(self._said(facts)))}"


# facts that are counted, by the name of the condition
COUNTED = {"clusters_at_least": "clusters", "destinations_at_least": "destinations"}


@dataclass(frozen=True)
class Rule:
    """When it counts, what it gives, and why; a side that it does not speak of is low."""

    name: str
    conditions: tuple[Condition, ...]
    impact: Level
    likelihood: Level
    why: str


@dataclass(frozen=True)
class Counted:
    """A rule that counted, with the facts that it rested on, in words."""

    rule: str
    impact: Level
    likelihood: Level
    why: str
    because: str


@dataclass(frozen=True)
class Assessed:
    """A risk, and every rule that counted for it."""

    impact: Level
    likelihood: Level
    risk: Level
    trace: Sequence[Counted]


@dataclass(frozen=True)
class Rules:
    """The rules and the table of one file, known by the SHA-256 of its bytes."""

    table: Table
    rules: Sequence[Rule]
    revision: str

    def assess(self, facts: Facts) -> Assessed:
        """Return the risk of an order with these facts."""
        trace = [_counted(rule, facts) for rule in self.rules if _counts(rule, facts)]
        impact = max((each.impact for each in trace), key=_rank, default=Level.LOW)
        likelihood = max((each.likelihood for each in trace), key=_rank, default=Level.LOW)
        return Assessed(impact, likelihood, self.table[impact][likelihood], trace)


def _rank(level: Level) -> int:
    return level.rank


def _counts(rule: Rule, facts: Facts) -> bool:
    return all(condition.holds(facts) for condition in rule.conditions)


def _counted(rule: Rule, facts: Facts) -> Counted:
    because = ", ".join(condition.words(facts) for condition in rule.conditions)
    return Counted(rule.name, rule.impact, rule.likelihood, rule.why, because)
