"""A system check that the ledger's triggers are in the database (`check --database default`)."""

from collections.abc import Sequence
from typing import Any

from django.core import checks

from audit import triggers


def triggers_in_place(
    databases: Sequence[str] | None = None, **_options: Any
) -> list[checks.CheckMessage]:
    """Warn of every trigger that is missing.

    A warning and not an error, because an error would stop the very `migrate` that mends it.
    """
    return [
        checks.Warning(
            f"Rows of {table} can be changed: the trigger that refuses {operation} is missing.",
            hint="Run `manage.py migrate`; it puts the triggers back. Find out who took it away.",
            id="audit.W001",
        )
        for alias in databases or ()
        for table, operation in triggers.missing(alias)
    ]
