"""What `manage.py check --deploy` adds: the shortcomings of an embedded portal and its database."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's own name
from django.db import DatabaseError, connection

from accounts.models import LOCAL, User
from accounts.oidc import providers
from portal import production
from portal.demo.people import PEOPLE

OLDEST_POSTGRESQL = 15


def deployment(**_options: Any) -> list[CheckMessage]:
    """Return what `check --deploy` adds: an embedded portal's shortcomings, and the database's."""
    embedded = [*_embedded(), *production.started()] if settings.BERTH_EMBEDDED else []
    return [*embedded, *_passwords(), *_database_inside()]


def _embedded() -> Iterator[CheckMessage]:
    yield Error(
        "This portal is embedded: it makes up its own keys, keeps them in BERTH_DATA/keys, and "
        "fills itself with demonstration data.",
        hint="Set BERTH_EMBEDDED=False, and the secrets that docs/configure.md lists.",
        id="portal.E009",
    )


def _passwords() -> Iterator[CheckMessage]:
    if providers.offered() and settings.BERTH_LOCAL_ACCOUNTS:
        yield Warning(
            "People sign in by an identity provider, and passwords of this portal still open it.",
            hint="Set BERTH_LOCAL_ACCOUNTS=False; docs/configure.md says what for emergencies.",
            id="portal.W010",
        )


def _database_inside() -> Iterator[CheckMessage]:
    """Look into the database; where it does not answer or is not migrated, say that."""
    try:
        yield from _version()
        yield from _demonstration()
    except DatabaseError as error:
        yield Error(
            f"The database does not answer as it should: {str(error).splitlines()[0]}",
            hint="Look at the BERTH_DATABASE_ variables, and run `manage.py migrate`.",
            id="portal.E010",
        )


def _version() -> Iterator[CheckMessage]:
    if connection.vendor == "postgresql":
        major = connection.get_database_version()[0]
        if major < OLDEST_POSTGRESQL:
            yield Error(
                f"This is PostgreSQL {major}, which the portal was not tested with.",
                hint=f"Move the database to PostgreSQL {OLDEST_POSTGRESQL} or newer.",
                id="portal.E011",
            )


def _demonstration() -> Iterator[CheckMessage]:
    subjects = [person.username for person in PEOPLE]
    emails = [f"{subject}@example.com" for subject in subjects]
    there = User.objects.filter(
        issuer=LOCAL, subject__in=subjects, email__in=emails, is_active=True
    )
    found = sorted(there.values_list("subject", flat=True))
    if found:
        yield Warning(
            f"Demonstration accounts can sign in: {', '.join(found)}. One password opens them all.",
            hint="Begin with an empty database, or switch them off under People.",
            id="portal.W009",
        )
