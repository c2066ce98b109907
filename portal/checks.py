"""System checks of the configuration: everything that is wrong with it, told at once.

`manage.py check --deploy` runs them. What would let a portal start in an unsafe way is an error.
"""

from collections.abc import Iterator
from string import Formatter
from typing import Any
from urllib.parse import urlsplit

import yaml
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own name

from onboarding.entitlement import file as entitlement_file
from portal.errors import TrustUnreadable
from portal.outbound import WayOut
from tenants import names

LONG_ENOUGH = 32  # characters of a secret
FACTS_OF_NAMES = {"tenant", "application", "environment"}
DEV_ONLY = "Set BERTH_EMBEDDED=True if this is a portal for one person's machine."


def configuration(**_options: Any) -> list[CheckMessage]:
    """Check what every portal needs, and what one that is not embedded needs."""
    production = [] if settings.BERTH_EMBEDDED else _production()
    return [*_sources(), *_patterns(), *_way_out(), *production]


def _sources() -> Iterator[CheckMessage]:
    if "file" in settings.BERTH_ENTITLEMENT_SOURCES:
        try:
            entitlement_file.read(settings.BERTH_ENTITLEMENT_FILE)
        except (OSError, ValueError, yaml.YAMLError) as error:
            # no error: it would stop the commands that put the file there
            yield Warning(
                f"The entitlement file cannot be used, so nobody is permitted anything: {error}",
                hint="BERTH_ENTITLEMENT_FILE says where it is; docs/operate.md shows one.",
                id="portal.W001",
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


def _facts(pattern: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(pattern) if field is not None}


def _production() -> Iterator[CheckMessage]:
    yield from _address()
    yield from _secrets()
    if settings.BERTH_DATABASE == "sqlite":
        yield Error(
            "SQLite serves one machine only.",
            hint=f"Set BERTH_DATABASE=postgresql. {DEV_ONLY}",
            id="portal.E005",
        )
    if urlsplit(settings.BERTH_QUEUE_URL).scheme == "redis" and "@" not in settings.BERTH_QUEUE_URL:
        yield Warning(
            "The queue is reached without a password and without TLS.",
            hint="Whoever can write to it can run code as a worker. Use rediss:// and a password.",
            id="portal.W002",
        )


def _address() -> Iterator[CheckMessage]:
    if not settings.BERTH_TLS:
        yield Error(
            "BERTH_URL does not begin with https://, so sessions would travel in the open.",
            hint=f"Set BERTH_URL to the address that people use. {DEV_ONLY}",
            id="portal.E003",
        )
    host = urlsplit(settings.BERTH_URL).hostname or ""
    if "*" in settings.ALLOWED_HOSTS or host not in settings.ALLOWED_HOSTS:
        yield Error(
            f"BERTH_HOSTS must name {host}, and nothing by a star.",
            hint="It lists the host names that the portal answers to.",
            id="portal.E004",
        )


def _secrets() -> Iterator[CheckMessage]:
    kept = {
        "BERTH_SECRET_KEY": [settings.SECRET_KEY],
        "BERTH_FIELD_KEY or BERTH_FIELD_KEYS": settings.BERTH_FIELD_KEYS,
        "BERTH_TOKEN_PEPPER": [settings.BERTH_TOKEN_PEPPER],
        "BERTH_GIT_KEY": settings.BERTH_GIT_KEYS.values(),
    }
    for name, values in kept.items():
        if any(len(value) < LONG_ENOUGH for value in values):
            yield Error(
                f"{name} is shorter than {LONG_ENOUGH} characters.",
                hint="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
                id="portal.E006",
            )
