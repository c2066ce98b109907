"""Which adapter serves which port, as settings say. The only importer of adapters in this room."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from django.conf import settings

from onboarding.changes.builtin import BuiltinChanges
from onboarding.engine.steps import Tools
from onboarding.entitlement import arrangement, asking, seat, seating
from onboarding.entitlement.authzen import AuthZenEntitlements
from onboarding.entitlement.claims import ClaimEntitlements
from onboarding.entitlement.file import FileEntitlements
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.ldap import LdapEntitlements
from onboarding.ports import Changes, EntitlementSource, GitHost, Scaffolder
from onboarding.repositories.bare import BareGitHost
from onboarding.repositories.cookiecutter_templates import CookiecutterScaffolds
from portal import env
from portal.clock import now
from portal.outbound import WayOut

# Kinds of sources in the file of entitlement; further ones come from entry points.
KINDS: Mapping[str, seating.Factory] = {
    "authzen": partial(AuthZenEntitlements.from_settings, clock=now),
    "claims": partial(ClaimEntitlements.from_settings, clock=now),
    "file": FileEntitlements.from_settings,
    "groups": partial(GroupEntitlements.from_settings, clock=now),
    "ldap": LdapEntitlements.from_settings,
}
SOURCES: Mapping[str, Callable[[], EntitlementSource]] = {
    "file": lambda: FileEntitlements(settings.BERTH_ENTITLEMENT_FILE),
    "groups": lambda: GroupEntitlements(
        settings.BERTH_ENTITLEMENT_GROUPS, settings.BERTH_ENTITLEMENT_DENIED_GROUPS
    ),
}
CHANGES: Mapping[str, Callable[[], Changes]] = {"builtin": BuiltinChanges}
GIT_HOSTS: Mapping[str, Callable[[], GitHost]] = {
    "bare": lambda: BareGitHost(settings.BERTH_GIT_FOLDER, settings.BERTH_GIT_URL, name="embedded"),
}

log = logging.getLogger(__name__)


@cache
def tools() -> Tools:
    """Return the adapters, made once a process."""
    return Tools(
        sources=_sources(),
        changes=CHANGES[settings.BERTH_CHANGES_ADAPTER](),
        scaffolds=scaffolds(),
        githost=GIT_HOSTS[settings.BERTH_GIT_ADAPTER](),
    )


def sources() -> asking.Sources:
    """Return the entitlement sources; those of one process share what they remember."""
    return tools().sources


def seats() -> Sequence[seat.Seat]:
    """Return every source that could be made; those in force with what this process knows of them.

    With a fault in the file none is in force, and those without one are made anew.
    """
    found = sources().seats
    path = settings.BERTH_ENTITLEMENT_CONFIG
    if path is None or [each.name for each in found] != [asking.UNUSABLE]:
        return found
    return seating.seated(arrangement.read(path), _kit()).seats


def _sources() -> asking.Sources:
    if settings.BERTH_ENTITLEMENT_CONFIG is None:
        return asking.together([SOURCES[name]() for name in settings.BERTH_ENTITLEMENT_SOURCES])
    found = arrangement.read(settings.BERTH_ENTITLEMENT_CONFIG)
    seated = seating.seated(found, _kit())
    if seated.faults:
        log.error("the file of entitlement sources cannot be used: %s", " ".join(seated.faults))
        return asking.nobody()
    return asking.Sources(seated.seats, found.terms)


def entitlement_faults() -> Sequence[str]:
    """Say everything that is wrong with the file of entitlement sources, if there is one."""
    if settings.BERTH_ENTITLEMENT_CONFIG is None:
        return []
    return seating.seated(arrangement.read(settings.BERTH_ENTITLEMENT_CONFIG), _kit()).faults


def entitlement_files() -> Sequence[Path]:
    """Return the files of rules that sources of the kind `file` read."""
    if settings.BERTH_ENTITLEMENT_CONFIG is None:
        asked = "file" in settings.BERTH_ENTITLEMENT_SOURCES
        return [settings.BERTH_ENTITLEMENT_FILE] if asked else []
    places = arrangement.read(settings.BERTH_ENTITLEMENT_CONFIG).places
    paths = [place.fields.get("path") for place in places if place.kind == "file"]
    return [Path(path) for path in paths if isinstance(path, str)]


def _kit() -> seating.Kit:
    way = WayOut(settings.BERTH_CA_BUNDLE, settings.BERTH_PROXY, settings.BERTH_NO_PROXY)
    return seating.Kit(KINDS, variables=env.text, way=way)


def scaffolds() -> Scaffolder:
    """Return the templates of application repositories."""
    return CookiecutterScaffolds(settings.BERTH_SCAFFOLDS)
