"""Rows of an earlier version: poured into a database at that state, and read at any other."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

ROOMS = ("accounts", "audit", "fleet", "onboarding", "tenants")
FIRST_VERSION = Path(__file__).with_name("first-version.json.gz")

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # table -> rows by column, in order of their keys


def migrate(state: str = "") -> None:
    """Bring every room to a state, such as `0001`; without one, everything to the newest."""
    for words in [(room, state) for room in ROOMS] if state else [()]:
        call_command("migrate", *words, verbosity=0)


def first_version() -> Rows:
    """Return the rows of a portal of the first version, as it wrote them.

    Of its three orders one is over, one is stuck and one waits for approval.
    """
    found: Rows = json.loads(gzip.decompress(FIRST_VERSION.read_bytes()))
    return found


def with_services_live_since(*moments: str) -> Rows:
    """Return the rows of the first version with its service once for each moment."""
    rows = dict(first_version())
    for table in ("tenants_service", "tenants_placement"):
        rows[table] = [
            _another(row, number) for number in range(1, len(moments) + 1) for row in rows[table]
        ]
    places = [
        {**row, "live_at": moment}
        for row, moment in zip(rows["tenants_placement"], moments, strict=True)
    ]
    return {**rows, "tenants_placement": places}


def _another(row: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """Return the row as that of service `number`, with what has to be unique made so."""
    unique = {"id": number, "uuid": str(UUID(int=number))}
    unique |= {name: f"{row[name]}-{number}" for name in ("namespace", "name") if name in row}
    if "service_id" in row:
        return {**row, **unique, "service_id": number}
    return {**row, **unique, "environment_id": ("dev", "test", "prod")[number - 1]}


def pour(rows: Rows) -> None:
    """Write rows into the database as it is, by the models of that state."""
    models = models_there()
    with transaction.atomic():
        for table, each in rows.items():
            made = [_made(models[table], row) for row in each]
            models[table]._base_manager.bulk_create(made)
    # new rows are numbered behind those that brought their numbers
    poured = [models[table] for table in rows]
    run(*connection.ops.sequence_reset_sql(no_style(), poured))


def rows_there(tables: Iterable[str]) -> Rows:
    """Return the rows of these tables as they are now."""
    models = models_there()
    return {table: [*map(_plain, _columns(models[table]))] for table in tables}


def models_there() -> Mapping[str, Any]:
    """Return table -> model, as the migrations make it that were applied."""
    loader = MigrationExecutor(connection).loader
    state = loader.project_state(list(loader.applied_migrations))
    known = state.apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in known}


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _made(model: Any, row: Mapping[str, Any]) -> Any:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return model(**{name: fields[name].to_python(value) for name, value in row.items()})


def _columns(model: Any) -> Iterable[Mapping[str, Any]]:
    names = [field.attname for field in model._meta.concrete_fields]
    found: Iterable[Mapping[str, Any]] = model._base_manager.order_by("pk").values(*names)
    return found


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    moments = {name: value.isoformat() for name, value in row.items() if hasattr(value, "tzinfo")}
    known: dict[str, Any] = json.loads(json.dumps({**row, **moments}, default=str))
    return known
