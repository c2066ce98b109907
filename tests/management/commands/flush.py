"""Empties the test database after a test whose transactions were real.

Django's own flush truncates every table and sends post_migrate, which writes content types and
permissions anew; that takes longer than most tests. Here they stay, and rows are deleted. The
ledger's triggers, which refuse that, are lifted first and put back, whatever the test did to them.
"""

from typing import Any

from django.core.management.commands.flush import Command as Flush
from django.db import connections, transaction

from audit import triggers

KEPT = {"auth_permission", "django_content_type", "django_migrations"}


class Command(Flush):
    def handle(self, **options: Any) -> None:
        alias = options["database"]
        connection = connections[alias]
        tables = connection.introspection.django_table_names(only_existing=True)
        triggers.lift(alias)
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            for table in {*tables} - KEPT:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own tables
        triggers.put_back(alias)
