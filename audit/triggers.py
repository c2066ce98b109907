"""Tables that are only added to: the database itself refuses to change or delete their rows.

A room names its tables with `append_only` when Django starts. Triggers are put (back) after every
migrate, because SQLite drops them when it rebuilds a table. Tests lift them to empty tables.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

_tables: list[str] = []

FUNCTION = """
CREATE OR REPLACE FUNCTION berth_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""


def append_only(model: type[models.Model]) -> None:
    """Name a model whose rows are never changed or deleted; for `AppConfig.ready`."""
    table = model._meta.db_table
    if table not in _tables:
        _tables.append(table)


def put_back(using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """Put every missing trigger on the tables that exist; hears Django's `post_migrate`."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        _run(connection, FUNCTION)
    for table, operation in missing(using):
        _run(connection, _creation(connection, table, operation))


def lift(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take every trigger away. For tests that empty tables, and nothing else."""
    connection = connections[using]
    for table, operation in _present(connection):
        _run(connection, _removal(connection, table, operation))


@contextmanager
def lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let rows be changed and deleted inside the block; the triggers are back after it."""
    lift(using)
    try:
        yield
    finally:
        put_back(using)


def missing(using: str = DEFAULT_DB_ALIAS) -> list[tuple[str, str]]:
    """Return (table, operation) for every trigger that should be there and is not."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    present = _present(connection)
    return [
        (table, operation)
        for table in _tables
        for operation in _operations(connection)
        if table in tables and (table, operation) not in present
    ]


def _operations(connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    if connection.vendor == "postgresql":
        return ("update", "delete", "truncate")
    return ("update", "delete")


def _name(table: str, operation: str) -> str:
    return f"{table}_refuses_{operation}"


def _present(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    names = {
        _name(table, operation): (table, operation)
        for table in _tables
        for operation in _operations(connection)
    }
    with connection.cursor() as cursor:
        cursor.execute(_LISTED[connection.vendor])
        return {names[name] for (name,) in cursor.fetchall() if name in names}


# a trigger that somebody switched off (tgenabled) counts as missing
_LISTED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')",
}


def _creation(connection: BaseDatabaseWrapper, table: str, operation: str) -> str:
    quoted = connection.ops.quote_name
    head = (
        f"TRIGGER {quoted(_name(table, operation))} BEFORE {operation.upper()} ON {quoted(table)}"
    )
    if connection.vendor == "postgresql":
        each = "STATEMENT" if operation == "truncate" else "ROW"
        return f"CREATE OR REPLACE {head} FOR EACH {each} EXECUTE FUNCTION berth_append_only()"
    return (
        f"CREATE {head} BEGIN "
        f"SELECT RAISE(ABORT, '{table} is append-only: {operation} is refused'); END"
    )


def _removal(connection: BaseDatabaseWrapper, table: str, operation: str) -> str:
    quoted = connection.ops.quote_name
    if connection.vendor == "postgresql":
        return f"DROP TRIGGER {quoted(_name(table, operation))} ON {quoted(table)}"
    return f"DROP TRIGGER {quoted(_name(table, operation))}"


def _run(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
