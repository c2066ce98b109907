"""Empties the test database: lifts the ledger's triggers first, which refuse DELETE and TRUNCATE.

The flush itself sends post_migrate, which puts the triggers back.
"""

from typing import Any

from django.core.management.commands.flush import Command as Flush

from audit import triggers


class Command(Flush):
    def handle(self, **options: Any) -> None:
        triggers.lift(options["database"])
        super().handle(**options)
