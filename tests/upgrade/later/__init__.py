"""Migrations of the ledger with one more than there are: for MIGRATION_MODULES."""

from audit import migrations

__path__ = [*migrations.__path__, *__path__]
