"""Empties the test database: lifts the ledger's triggers first, which refuse DELETE and TRUNCATE.

The flush itself sends post_migrate, which puts the triggers back.
"""

from typing import Any

from django.core.management.commands.flush import Command as Flush
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

TRIGGERS = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal"
    ),
}


class Command(Flush):
    def handle(self, **options: Any) -> None:
        lift_triggers(connections[options["database"]])
        super().handle(**options)


def lift_triggers(connection: BaseDatabaseWrapper) -> None:
    """Drop every trigger of the database."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS[connection.vendor])
        for trigger, table in cursor.fetchall():
            where = f" ON {quote(table)}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {quote(trigger)}{where}")
