"""The eligibility matrix: which data of which environment may be on which clusters. Pure.

A refusal wins. Where at least one row allows something for an environment and a classification,
only what is allowed there may be. Where no row speaks, everything may.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tenants.gradings import Classification

ANY = "*"  # any tier, any region; at the end of a word, everything that begins so
UNTIERED = "-"  # clusters that have no tier
EVERYWHERE = "anywhere"
MOST_PLACES = 3  # named in one sentence


@dataclass(frozen=True, order=True)
class Place:
    """Where data is, or would be. The tier of a cluster that has none is an empty text."""

    environment: str
    classification: str
    tier: str
    region: str

    def __str__(self) -> str:
        """Return it in words: environment, data, and where."""
        return f"{subject(self.environment, self.classification)} {self.where}"

    @property
    def where(self) -> str:
        return where(self.tier or UNTIERED, self.region)


@dataclass(frozen=True, order=True)
class Line:
    """What a row of the matrix says. An empty environment or classification stands for any."""

    environment: str
    classification: str
    tier: str
    region: str
    allows: bool
    why: str = ""
    remedy: str = ""

    @property
    def where(self) -> str:
        return where(self.tier, self.region)

    @property
    def exactness(self) -> int:
        """How much the row names, so that of several reasons the most exact is told."""
        named = (self.environment, self.classification, self.tier != ANY, self.region != ANY)
        return sum(map(bool, named))

    def __str__(self) -> str:
        """Return the row as a sentence without its reason."""
        about = subject(self.environment, self.classification)
        return f"{about} {'may be' if self.allows else 'may not be'} {self.where}"

    def speaks_of(self, environment: str, classification: str) -> bool:
        return self.environment in ("", environment) and self.classification in ("", classification)

    def covers(self, tier: str, region: str) -> bool:
        return _fits(self.tier, tier.strip() or UNTIERED) and _fits(self.region, region)


@dataclass(frozen=True)
class Verdict:
    """Whether something may be somewhere; if not, why, and what to do instead."""

    allowed: bool
    why: str = ""
    remedy: str = ""

    @property
    def words(self) -> str:
        return " ".join(map(_ended, filter(None, (self.why, self.remedy))))


ALLOWED = Verdict(allowed=True)


@dataclass(frozen=True)
class Cell:
    """What the rows say of one environment and classification: where it may be, and where not."""

    only: tuple[Line, ...]  # nothing: wherever it is not refused
    refused: tuple[Line, ...]

    @property
    def in_words(self) -> tuple[str, str]:
        """Return where it may be and where not, for a table; nothing where no row speaks."""
        allowed = _listed([line.where for line in self.only])
        refused = _listed([line.where for line in self.refused])
        if any(line.where == EVERYWHERE for line in self.refused):
            return "nowhere", ""
        if any(line.where == EVERYWHERE for line in self.only):
            allowed = ""
        return f"only {allowed}" if allowed else "", f"not {refused}" if refused else ""

    def verdict(self, place: Place) -> Verdict:
        """Judge one place of this environment and classification."""
        for line in self.refused:
            if line.covers(place.tier, place.region):
                return Verdict(allowed=False, why=line.why, remedy=line.remedy)
        if not self.only or any(line.covers(place.tier, place.region) for line in self.only):
            return ALLOWED
        about = subject(place.environment, place.classification)
        first = self.only[0]
        why = f"{about} may only be {_listed([line.where for line in self.only])}: {first.why}"
        return Verdict(allowed=False, why=why, remedy=first.remedy)


@dataclass(frozen=True)
class Matrix:
    """The rows in force, and the number of the edition that they are."""

    lines: frozenset[Line]
    edition: int = 0
    _cells: dict[tuple[str, str], Cell] = field(default_factory=dict, compare=False, repr=False)
    _verdicts: dict[Place, Verdict] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, lines: Iterable[Line], edition: int = 0) -> "Matrix":
        return cls(frozenset(lines), edition)

    def cell(self, environment: str, classification: str) -> Cell:
        """Return what is said of an environment and a classification."""
        known = self._cells.get((environment, classification))
        if known is None:
            known = self._cells[environment, classification] = self._cell(
                environment, classification
            )
        return known

    def _cell(self, environment: str, classification: str) -> Cell:
        spoken = [line for line in self.lines if line.speaks_of(environment, classification)]
        spoken.sort(key=lambda line: (-line.exactness, line))
        return Cell(
            only=tuple(line for line in spoken if line.allows),
            refused=tuple(line for line in spoken if not line.allows),
        )

    def verdict(self, place: Place) -> Verdict:
        """Say whether this may be there. The same place is judged once."""
        known = self._verdicts.get(place)
        if known is None:
            cell = self.cell(place.environment, place.classification)
            known = self._verdicts[place] = cell.verdict(place)
        return known

    def allows(self, place: Place) -> bool:
        return self.verdict(place).allowed


def subject(environment: str, classification: str) -> str:
    """Return in words what a row or place is about: `Restricted data in prod`."""
    label = Classification(classification).label if classification else "Any"
    return f"{label} data in {environment or 'any environment'}"


def where(tier: str, region: str) -> str:
    """Return patterns of tier and region in words: `on tier gold in eu*`."""
    said = {ANY: "", UNTIERED: "on clusters without a tier"}.get(tier, f"on tier {tier}")
    around = "" if region == ANY else f"in {region}"
    return " ".join(filter(None, (said, around))) or EVERYWHERE


def _fits(pattern: str, word: str) -> bool:
    """Compare without regard to case and blanks: people type tiers, and no refusal must miss."""
    pattern, word = pattern.strip().casefold(), word.strip().casefold()
    if pattern.endswith(ANY):
        return word.startswith(pattern.removesuffix(ANY))
    return word == pattern


def _listed(places: Sequence[str]) -> str:
    several = list(dict.fromkeys(places))
    more = len(several) - MOST_PLACES
    shown = several[:MOST_PLACES] + ([f"{more} more places"] if more > 0 else [])
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "…")) else f"{sentence}."
