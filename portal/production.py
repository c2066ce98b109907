"""What a portal still lacks that others shall rely on, in sentences, all at once.

A portal that is not embedded is checked at every start; `manage.py check --deploy` checks an
embedded one as well (portal/deployment.py).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own name
from django.core.exceptions import ImproperlyConfigured

LONG_ENOUGH = 32  # characters of a secret
DEV_ONLY = "A portal for one person's machine has BERTH_EMBEDDED=True."
NEAR = {"", "localhost", "127.0.0.1", "::1"}
MOUNTS = Path("/proc/self/mountinfo")
PASSING = {"tmpfs", "ramfs", "overlay"}  # file systems that end with their machine or container
MAKE_ONE = "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


def started() -> Iterator[CheckMessage]:
    """Yield what is wrong with a portal that is not embedded, from its settings alone."""
    yield from _address()
    yield from _secrets()
    yield from _database()
    yield from _queue()
    yield from _folders()
    if settings.DEBUG:
        yield Error(
            "DEBUG is on: an error page shows settings and source code to anybody.",
            hint="Take it out of the settings; it is no variable of the portal.",
            id="portal.E008",
        )


def _address() -> Iterator[CheckMessage]:
    if not settings.BERTH_TLS:
        yield Error(
            "BERTH_URL does not begin with https://, so sessions would travel in the open: secure "
            "cookies, HSTS and the redirect to HTTPS are off.",
            hint=f"Set BERTH_URL to the address that people use. {DEV_ONLY}",
            id="portal.E003",
        )
    elif not settings.BERTH_BEHIND_PROXY:
        yield Warning(
            "No proxy speaks TLS for the portal, as far as it knows: behind one, every page would "
            "redirect to itself for ever.",
            hint="Set BERTH_BEHIND_PROXY=True, or let the web process speak TLS itself.",
            id="portal.W003",
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
        "BERTH_SECRET_KEY": [_secret_key()],
        "BERTH_FIELD_KEY or BERTH_FIELD_KEYS": settings.BERTH_FIELD_KEYS,
        "BERTH_TOKEN_PEPPER or BERTH_TOKEN_PEPPERS": settings.BERTH_TOKEN_PEPPERS,
        "BERTH_GIT_KEY": settings.BERTH_GIT_KEYS.values(),
    }
    for name, values in kept.items():
        # one that is missing altogether is told as a fault of the environment
        if any(0 < len(value) < LONG_ENOUGH for value in values):
            yield Error(
                f"{name} is shorter than {LONG_ENOUGH} characters.", hint=MAKE_ONE, id="portal.E006"
            )


def _secret_key() -> str:
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's answer to an empty one
        return ""


def _database() -> Iterator[CheckMessage]:
    if settings.BERTH_DATABASE == "sqlite":
        yield Error(
            "SQLite serves one machine only.",
            hint=f"Set BERTH_DATABASE=postgresql. {DEV_ONLY}",
            id="portal.E005",
        )
        return
    if is_unchecked(settings.DATABASES["default"]):
        yield Warning(
            "The database is reached without checking who answers.",
            hint="Set BERTH_DATABASE_TLS=verify-full, and BERTH_CA_BUNDLE where it needs one.",
            id="portal.W004",
        )


def is_unchecked(database: Mapping[str, Any]) -> bool:
    """Say whether anybody on the way could answer in place of the database's server."""
    is_near = database["HOST"].startswith("/") or database["HOST"] in NEAR
    return not is_near and database["OPTIONS"].get("sslmode") != "verify-full"


def _queue() -> Iterator[CheckMessage]:
    address = urlsplit(settings.BERTH_QUEUE_URL)
    if address.port == 6390 or Path(address.path).is_relative_to(settings.DATA):
        yield Warning(
            "The queue is the embedded one of `make run`: other machines cannot reach it.",
            hint="Set BERTH_QUEUE_URL to a Valkey or Redis that all processes reach.",
            id="portal.W005",
        )
    elif address.scheme == "redis" and "@" not in settings.BERTH_QUEUE_URL:
        yield Warning(
            "The queue is reached without a password and without TLS.",
            hint="Whoever can write to it can run code as a worker. Use rediss:// and a password.",
            id="portal.W002",
        )


def _folders() -> Iterator[CheckMessage]:
    if settings.BERTH_AUDIT_ANCHORS.is_relative_to(settings.DATA):
        yield Warning(
            "The anchors of the ledger lie in the data folder, among what they vouch for.",
            hint="Set BERTH_AUDIT_ANCHORS to a place that database administrators cannot write.",
            id="portal.W006",
        )
    for name in ("BERTH_GIT_FOLDER", "BERTH_AUDIT_ANCHORS"):
        kind = _file_system(getattr(settings, name))
        if kind in PASSING:
            yield Warning(
                f"{name} lies on a file system of the kind {kind}, which is gone with its "
                "container or machine.",
                hint="Put it on a volume that stays.",
                id="portal.W007",
            )
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        yield Warning(
            "Static files are not collected, so every page fails.",
            hint="Run `manage.py collectstatic --noinput`.",
            id="portal.W008",
        )


def _file_system(path: Path) -> str:
    """Return the kind of the file system that a path is on, or "" where that cannot be told."""
    try:
        lines = MOUNTS.read_text().splitlines()
    except OSError:
        return ""
    # proc(5): the mount point is the fifth word, the kind follows a lonely dash
    mounts = [(Path(line.split()[4]), line.partition(" - ")[2].split()[0]) for line in lines]
    holding = [each for each in mounts if path.resolve().is_relative_to(each[0])]
    return max(holding, key=lambda each: len(each[0].parts))[1] if holding else ""
