"""Which adapter serves which port, as settings say. The only importer of adapters in this room."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from django.conf import settings

from onboarding.changes.builtin import BuiltinChanges
from onboarding.engine.steps import Tools
from onboarding.entitlement import fields
from onboarding.entitlement.file import FileEntitlements
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.ports import Changes, EntitlementSource, GitHost, Scaffolder
from onboarding.repositories.bare import BareGitHost
from onboarding.repositories.cookiecutter_templates import CookiecutterScaffolds
from portal.outbound import WayOut

# A kind of source makes one from its name and its fields in the file of entitlement, or raises
# FieldsUnfit with every fault. Further kinds come from entry points.
Factory = Callable[[str, fields.Fields, WayOut], EntitlementSource]
KINDS: Mapping[str, Factory] = {
    "file": FileEntitlements.from_settings,
    "groups": GroupEntitlements.from_settings,
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


@cache
def tools() -> Tools:
    """Return the adapters, made once a process."""
    return Tools(
        sources=sources(),
        changes=CHANGES[settings.BERTH_CHANGES_ADAPTER](),
        scaffolds=scaffolds(),
        githost=GIT_HOSTS[settings.BERTH_GIT_ADAPTER](),
    )


def sources() -> Sequence[EntitlementSource]:
    """Return the entitlement sources in the order of settings."""
    return [SOURCES[name]() for name in settings.BERTH_ENTITLEMENT_SOURCES]


def scaffolds() -> Scaffolder:
    """Return the templates of application repositories."""
    return CookiecutterScaffolds(settings.BERTH_SCAFFOLDS)
