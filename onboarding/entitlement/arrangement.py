"""The file of entitlement: which sources are asked, and how their answers combine.

Every source has to permit, but of a group that needs `any` one is enough. A deny of anybody counts
always. `unknown` of a source, or of its group, says what it means that the source cannot tell.

    version: 1
    sources:
      policy:                       # a name of your own, shown to people
        kind: authzen              # file, groups, or another kind that is there
        deadline_seconds: 2        # these, with their defaults, every source may have
        unknown: stop              # or: a human decides
        permit_seconds: 120        # for so long hints on pages may repeat an answer
        refusal_seconds: 5
        failures: 5                # in a row, then it is not asked for so long:
        pause_seconds: 30
        url: https://policy.example.com    # and the fields of its kind
      staff:
        kind: groups
        permits: ["{tenant}:{environment}:deployers"]
      partners:
        kind: file
        path: /etc/berth/partners.yaml
    groups:
      people:
        sources: [staff, partners]
        need: any                  # all, if nothing is said
        unknown: a human decides   # for its sources that say nothing themselves
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from onboarding.entitlement.combine import Demand, Terms
from onboarding.entitlement.fields import Fields, FieldsUnfit
from portal import strict_yaml

VERSION = 1
NAME = re.compile("[a-z][a-z0-9-]{0,39}")
STOP, PERSON = "stop", "a human decides"
OWN = (
    "kind",
    "unknown",
    "deadline_seconds",
    "permit_seconds",
    "refusal_seconds",
    "failures",
    "pause_seconds",
)


@dataclass(frozen=True)
class Limits:
    """How patiently a source is asked, how long hints may repeat it, and when it gets a rest."""

    deadline: timedelta = timedelta(seconds=2)
    permit_for: timedelta = timedelta(seconds=120)
    refusal_for: timedelta = timedelta(seconds=5)
    failures: int = 5  # in a row; 0: it is always asked
    pause: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class Place:
    """A source as the file has it; `fields` are those of its kind."""

    name: str
    kind: str
    fields: Mapping[str, Any] = field(repr=False)
    limits: Limits
    unknown: str  # or "": its group says it


@dataclass(frozen=True)
class Group:
    """Sources that belong together."""

    sources: tuple[str, ...]
    needs_all: bool
    unknown: str


@dataclass(frozen=True)
class Arrangement:
    """What the file says. With faults in it, nothing of it may be used."""

    places: Sequence[Place] = ()
    groups: Sequence[Group] = ()
    faults: Sequence[str] = ()

    @property
    def terms(self) -> Terms:
        """Return what has to hold for a permit."""
        grouped = {name for group in self.groups for name in group.sources}
        alone = [Demand((place.name,)) for place in self.places if place.name not in grouped]
        in_groups = [demand for group in self.groups for demand in _demands(group)]
        return Terms((*alone, *in_groups), self._referring())

    def _referring(self) -> frozenset[str]:
        by_group = {name: group.unknown for group in self.groups for name in group.sources}
        said = {place.name: place.unknown or by_group.get(place.name) for place in self.places}
        return frozenset(name for name, unknown in said.items() if unknown == PERSON)


def _demands(group: Group) -> Sequence[Demand]:
    if group.needs_all:
        return [Demand((name,)) for name in group.sources]
    return [Demand(group.sources)]


def read(path: Path) -> Arrangement:
    """Read the file; whatever is wrong with it is among the faults."""
    try:
        content = strict_yaml.read(path).parsed
    except strict_yaml.Unreadable as error:
        return Arrangement(faults=[str(error)[:300]])
    except (OSError, ValueError) as error:
        return Arrangement(faults=[getattr(error, "strerror", None) or "It cannot be opened."])
    if not isinstance(content, dict) or content.get("version") != VERSION:
        return Arrangement(faults=[f"The file must say `version: {VERSION}` on top."])
    return _Reading(content).arrangement()


class _Reading:
    """Goes through the file once and notes every fault."""

    def __init__(self, content: Mapping[Any, Any]) -> None:
        self._faults = [
            f"`{str(key)[:40]}` is not known here."
            for key in content
            if key not in ("version", "sources", "groups")
        ]
        self._sources = self._named("sources", content.get("sources"))
        self._groups = self._named("groups", content.get("groups") or {})

    def arrangement(self) -> Arrangement:
        if not self._sources:
            self._faults.append("`sources` must name at least one source.")
        places = [self._place(name, values) for name, values in self._sources.items()]
        groups = [self._group(name, values) for name, values in self._groups.items()]
        self._faults += _misgrouped(groups, list(self._sources))
        return Arrangement(places, groups, self._faults)

    def _named(self, part: str, found: object) -> dict[str, Mapping[Any, Any]]:
        """Return the entries that are well named and well formed."""
        if not isinstance(found, dict):
            self._faults.append(f"`{part}` must be names with what belongs to them.")
            return {}
        good: dict[str, Mapping[Any, Any]] = {}
        for name, values in found.items():
            if not isinstance(name, str) or not NAME.fullmatch(name):
                self._faults.append(
                    f"`{str(name)[:40]}` in `{part}` is no name: lower-case letters, digits and "
                    "dashes, 40 at most."
                )
            elif not isinstance(values, dict):
                self._faults.append(f"`{name}` in `{part}` must have fields.")
            else:
                good[name] = values
        return good

    def _place(self, name: str, values: Mapping[Any, Any]) -> Place:
        own = _fields({key: values[key] for key in OWN if key in values})
        place = Place(
            name=name,
            kind=own.text("kind"),
            fields={key: value for key, value in values.items() if key not in OWN},
            limits=_limits(own),
            unknown=_unknown(own, values),
        )
        self._told(f"Source {name}", own.done)
        return place

    def _group(self, name: str, values: Mapping[Any, Any]) -> Group:
        own = _fields(values)
        group = Group(
            own.texts("sources"),
            own.choice("need", ("all", "any"), "all") == "all",
            _unknown(own, values),
        )
        self._told(f"Group {name}", own.done)
        return group

    def _told(self, about: str, check: Callable[[], None]) -> None:
        try:
            check()
        except FieldsUnfit as error:
            self._faults += [f"{about}: {fault}" for fault in error.faults]


def _fields(values: Mapping[Any, Any]) -> Fields:
    # nothing of the frame is a secret, so no variable is read
    return Fields(values, deadline=0, variables=lambda _: "")


def _unknown(own: Fields, values: Mapping[Any, Any]) -> str:
    return own.choice("unknown", (STOP, PERSON), STOP) if "unknown" in values else ""


def _limits(own: Fields) -> Limits:
    usual = Limits()

    def seconds(name: str, default: timedelta, least: int, most: int) -> timedelta:
        whole = int(default.total_seconds())
        return timedelta(seconds=own.number(name, whole, least=least, most=most))

    return Limits(
        deadline=seconds("deadline_seconds", usual.deadline, 1, 10),
        permit_for=seconds("permit_seconds", usual.permit_for, 0, 900),
        refusal_for=seconds("refusal_seconds", usual.refusal_for, 0, 60),
        failures=own.number("failures", usual.failures, most=1000),
        pause=seconds("pause_seconds", usual.pause, 1, 600),
    )


def _misgrouped(groups: Sequence[Group], sources: Sequence[str]) -> list[str]:
    named = [name for group in groups for name in group.sources]
    absent = sorted(set(named) - set(sources))
    twice = sorted({name for name in named if named.count(name) > 1})
    return [
        *(f"A group names `{name[:40]}`, which is none of the sources." for name in absent),
        *(f"`{name[:40]}` stands in groups more than once." for name in twice),
    ]
