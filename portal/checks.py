"""System checks of the configuration: everything that is wrong with it, told at once.

`manage.py check --deploy` runs them. What would let a portal start in an unsafe way is an error.
"""

from collections.abc import Iterator
from string import Formatter
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own name

from accounts.oidc import providers
from accounts.workloads import admission
from onboarding import toolbox
from onboarding.assessment import rules
from onboarding.changes import control
from onboarding.entitlement import file as entitlement_file
from onboarding.entitlement import groups as entitlement_groups
from portal import env, production
from portal.errors import TrustUnreadable
from portal.outbound import WayOut
from tenants import names

FACTS_OF_NAMES = {"tenant", "application", "environment"}


def configuration(**_options: Any) -> list[CheckMessage]:
    """Check what every portal needs, and what one that is not embedded needs."""
    lacking = [] if settings.BERTH_EMBEDDED else production.started()
    return [
        *_faults(),
        *_sources(),
        *_patterns(),
        *_risk(),
        *_control(),
        *_groups(),
        *_way_out(),
        *_sign_in(),
        *_workloads(),
        *lacking,
    ]


def _faults() -> Iterator[CheckMessage]:
    """Tell what is wrong with the variables, which stops every command but `check`."""
    for fault in env.faults():
        yield Error(f"{fault}.", hint="docs/configure.md lists every variable.", id="portal.E012")


def _sources() -> Iterator[CheckMessage]:
    for fault in toolbox.entitlement_faults():
        yield Error(
            f"The file of entitlement sources cannot be used: {fault}",
            hint="BERTH_ENTITLEMENT_CONFIG says where it is; docs/configure.md shows one.",
            id="portal.E040",
        )
    for path in toolbox.entitlement_files():
        try:
            entitlement_file.read(path)
        except (OSError, ValueError, entitlement_file.PolicyBroken) as error:
            # no error: it would stop the commands that put the file there
            yield Warning(
                f"The entitlement file cannot be used, so nobody is permitted anything: {error}",
                hint="BERTH_ENTITLEMENT_FILE, or BERTH_ENTITLEMENT_CONFIG where there is one, says "
                "where it is; docs/operate.md shows one. Processes that read a good one before go "
                "by that, until they are restarted.",
                id="portal.W001",
            )


def _risk() -> Iterator[CheckMessage]:
    try:
        rules.read(settings.BERTH_RISK_RULES)
    except rules.RulesBroken as error:
        for fault in error.faults:
            yield Error(
                f"The rules of risk cannot be used, so every order counts as high: {fault}",
                hint="BERTH_RISK_RULES says where they are; docs/changes.md shows some.",
                id="portal.E051",
            )


def _control() -> Iterator[CheckMessage]:
    try:
        control.read(settings.BERTH_CHANGE_CONTROL)
    except control.FileBroken as error:
        for fault in error.faults:
            yield Error(
                f"The file of change control cannot be used, so nobody can decide: {fault}",
                hint="BERTH_CHANGE_CONTROL says where it is; docs/changes.md shows one.",
                id="portal.E052",
            )


def _groups() -> Iterator[CheckMessage]:
    patterns = (
        *settings.BERTH_ENTITLEMENT_GROUPS,
        *settings.BERTH_ENTITLEMENT_DENIED_GROUPS,
    )
    is_asked = "groups" in settings.BERTH_ENTITLEMENT_SOURCES
    if is_asked and settings.BERTH_ENTITLEMENT_CONFIG is None:
        for fault in entitlement_groups.pattern_faults(patterns):
            yield Error(
                f"A pattern of groups could permit the wrong people: {fault}",
                hint="Set BERTH_ENTITLEMENT_GROUPS and BERTH_ENTITLEMENT_DENIED_GROUPS.",
                id="portal.E013",
            )


def _patterns() -> Iterator[CheckMessage]:
    for name, pattern in settings.BERTH_NAME_PATTERNS.items():
        unknown = _facts(pattern) - FACTS_OF_NAMES
        if unknown:
            yield Error(
                f"The name pattern of {name} asks for what is not known: {sorted(unknown)}.",
                hint=f"A pattern may use {', '.join(sorted(FACTS_OF_NAMES))}, each in braces.",
                id="portal.E001",
            )
    if _facts(settings.BERTH_NAME_PATTERNS["workload_namespace"]) != FACTS_OF_NAMES:
        yield Error(
            "BERTH_WORKLOAD_NAMESPACE must name tenant, application and environment.",
            hint="Otherwise two services would ask for one namespace.",
            id="portal.E002",
        )
    for fault in names.pattern_faults(settings.BERTH_NAME_PATTERNS):
        yield Error(fault, hint="docs/configure.md shows the patterns.", id="portal.E007")


def _way_out() -> Iterator[CheckMessage]:
    way = WayOut(settings.BERTH_CA_BUNDLE, direct=settings.BERTH_NO_PROXY)
    try:
        way.trust()
    except TrustUnreadable as error:
        yield Error(
            f"The file of certificate authorities cannot be used: {error.detail}",
            hint="BERTH_CA_BUNDLE names a file of certificates in PEM, readable by the portal.",
            id="portal.E020",
        )
    for entry in way.misfits():
        yield Error(
            f"BERTH_NO_PROXY holds {entry!r}, which fits nobody.",
            hint="It lists host names, domains, addresses and networks, all without a port.",
            id="portal.E021",
        )


def _sign_in() -> Iterator[CheckMessage]:
    for fault in providers.faults():
        yield Error(
            f"An identity provider cannot be used: {fault}.",
            hint="BERTH_OIDC_FILE names the file; docs/configure.md shows one.",
            id="portal.E030",
        )
    if not settings.BERTH_LOCAL_ACCOUNTS and not providers.offered():
        yield Error(
            "Nobody can sign in: local accounts are off, and there is no identity provider.",
            hint="Set BERTH_OIDC_FILE, or BERTH_LOCAL_ACCOUNTS=True.",
            id="portal.E031",
        )


def _workloads() -> Iterator[CheckMessage]:
    for fault in admission.faults():
        yield Error(
            f"The file of trusted issuers cannot be used: {fault}",
            hint="BERTH_WORKLOADS_FILE names it; docs/configure.md shows one.",
            id="portal.E050",
        )


def _facts(pattern: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(pattern) if field is not None}
