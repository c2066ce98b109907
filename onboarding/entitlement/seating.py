"""Making the sources that the file of entitlement names, each by the factory of its kind."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points

from onboarding.entitlement.arrangement import Arrangement, Place
from onboarding.entitlement.fields import Fields, FieldsUnfit
from onboarding.entitlement.seat import Seat
from onboarding.ports import EntitlementSource
from portal import logs
from portal.outbound import WayOut

# Packages of a company bring kinds of their own by entry points of this group.
GROUP = "berth.entitlement_sources"
# Makes a source from its name and its fields, or raises FieldsUnfit with every fault.
Factory = Callable[[str, Fields, WayOut], EntitlementSource]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kit:
    """What sources are made with: the built-in kinds, variables for secrets, and the way out."""

    kinds: Mapping[str, Factory]
    variables: Callable[[str], str]
    way: WayOut


@dataclass
class Seated:
    """The sources that could be made, and in sentences why others could not."""

    seats: list[Seat] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def seated(found: Arrangement, kit: Kit) -> Seated:
    """Make every source of the file. With one fault among them, none may be used."""
    whole = Seated(faults=list(found.faults))
    for place in found.places:
        try:
            whole.seats.append(_seat(place, kit))
        except FieldsUnfit as error:
            whole.faults += [f"Source {place.name}: {fault}" for fault in error.faults]
    return whole


def _seat(place: Place, kit: Kit) -> Seat:
    make = _factory(place.kind, kit.kinds)
    fields = Fields(
        place.fields,
        deadline=place.limits.deadline.total_seconds(),
        variables=kit.variables,
    )
    try:
        source = make(place.name, fields, kit.way)
    except FieldsUnfit:
        raise
    except Exception as error:  # a company's own kind may raise anything
        told = _broken(place.kind, error)
        raise FieldsUnfit([f"the kind {place.kind} failed with {told}."]) from error
    if not callable(getattr(source, "check", None)):
        raise FieldsUnfit([f"the kind {place.kind} made nothing that can be asked."])
    return Seat(source, place.limits, name=place.name, kind=place.kind)


def _broken(kind: str, error: Exception) -> str:
    """Log where a kind broke, and return the name of what it raised: its words may hold fields."""
    name = type(error).__name__
    log.error("the kind %s of sources broke: %s at %s", kind, name, logs.places(error))
    return name


def _factory(kind: str, builtin: Mapping[str, Factory]) -> Factory:
    others = entry_points(group=GROUP)
    named = [each for each in others if each.name == kind]
    if len(named) > 1 or (named and kind in builtin):
        raise FieldsUnfit([f"more than one package brings the kind `{kind[:40]}`."])
    if kind in builtin:
        return builtin[kind]
    if not named:
        there = ", ".join(sorted({*builtin, *others.names}))
        raise FieldsUnfit([f"there is no kind `{kind[:40]}`; there are {there}."])
    try:
        loaded = named[0].load()
    except Exception as error:  # importing it runs it
        told = _broken(kind, error)
        raise FieldsUnfit([f"the package of kind `{kind}` cannot be loaded: {told}."]) from error
    if not callable(loaded):
        raise FieldsUnfit([f"what the package of kind `{kind}` names cannot be called."])
    made: Factory = loaded
    return made
