"""A database of the first version goes on with this one: rows, ledger and triggers."""

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from pytest_django import Settings

from audit import chain, ledger, triggers
from audit.models import Seal
from audit.offline import verify
from onboarding import subjects
from onboarding.actions import fetch_evidence
from onboarding.models import Order
from tenants import export
from tests.upgrade.rows import (
    Rows,
    first_version,
    migrate,
    models_there,
    pour,
    rows_there,
    run,
    with_services_live_since,
)

LEDGER = ("audit_entry", "audit_seal")
SPOILS = {
    "change an entry": "UPDATE audit_entry SET verb = 'x'",
    "delete an entry": "DELETE FROM audit_entry",
    "change a seal": "UPDATE audit_seal SET hash = 'x'",
    "delete a seal": "DELETE FROM audit_seal",
}
if connection.vendor == "postgresql":  # SQLite knows no TRUNCATE
    SPOILS |= {table: f"TRUNCATE {table}" for table in LEDGER}


def spoilt_by() -> list[str]:
    """Return what the database lets happen to the ledger; nothing is right."""
    return [name for name, statement in SPOILS.items() if not _refused(statement)]


def _refused(statement: str) -> bool:
    try:
        run(statement)
    except IntegrityError as error:
        return "append-only" in str(error)
    return False


def shared(rows: Rows, others: Rows) -> Rows:
    """Return the rows with those columns only that the others have: one that came is no loss."""
    known = {table: set(each[0]) for table, each in others.items() if each}
    return {
        table: [{name: row[name] for name in row if name in known[table]} for row in each]
        for table, each in rows.items()
        if each
    }


def still_to_come() -> list[tuple[str, str]]:
    """Return the migrations that are not applied yet, in their order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]


def test_from_nothing_to_the_newest_the_ledger_refuses_every_change() -> None:
    migrate()
    pour({table: first_version()[table] for table in LEDGER})
    assert spoilt_by() == []


def test_a_database_of_the_first_version_keeps_every_row() -> None:
    migrate("0001")
    pour(first_version())
    migrate()
    after = rows_there(first_version())
    assert shared(after, first_version()) == shared(first_version(), after)


def test_services_of_before_are_reviewed_at_the_turn_of_their_interval_and_none_is_overdue() -> (
    None
):
    due = {
        "2026-11-22T09:00:00Z": "2027-05-22",
        "2025-06-10T09:00:00Z": "2027-06-10",  # the 10th of December is too near
        "2024-01-31T09:00:00Z": "2027-01-31",
    }
    migrate("0001")
    pour(with_services_live_since(*due))
    run("UPDATE tenants_environment SET production = TRUE")
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False):
        migrate()
    models = models_there()
    services = models["tenants_service"].objects.order_by("pk")
    assert [str(each.review_due) for each in services] == list(due.values())
    environments = models["tenants_environment"].objects.all()
    assert {each.review_months for each in environments} == {6}


def test_the_ledger_of_the_first_version_holds_and_refuses_every_change() -> None:
    migrate("0001")
    pour(first_version())
    assert spoilt_by() == []
    migrate()
    assert spoilt_by() == []
    assert chain.verify() == []


def test_each_migration_by_itself_leaves_the_triggers_in_place() -> None:
    migrate("0001")
    pour(first_version())
    for app, name in still_to_come():
        call_command("migrate", app, name, verbosity=0)
        assert triggers.missing() == [], f"after {app} {name}"


def test_a_migration_that_builds_the_ledgers_tables_anew_leaves_rows_and_triggers(
    settings: Settings,
) -> None:
    migrate("0001")
    pour(first_version())
    settings.MIGRATION_MODULES = {"audit": "tests.upgrade.later"}
    migrate()
    assert models_there()["audit_seal"]._meta.get_field("note")
    assert spoilt_by() == []
    after = rows_there(LEDGER)
    assert shared(after, first_version()) == {table: first_version()[table] for table in LEDGER}


def test_sqlite_takes_the_triggers_of_a_table_that_it_builds_anew(settings: Settings) -> None:
    """If this fails, the test above proves nothing any more."""
    migrate()
    settings.MIGRATION_MODULES = {"audit": "tests.upgrade.later"}
    MigrationExecutor(connection).migrate([("audit", "rebuilt")])  # sends no post_migrate
    taken = {table for table, _ in triggers.missing()}
    assert taken == (set(LEDGER) if connection.vendor == "sqlite" else set())


def test_the_evidence_of_an_order_of_the_first_version_holds_offline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "READING", "default")  # the other one is of another database here
    migrate("0001")
    pour(first_version())
    migrate()
    order = Order.objects.get(ended_as="rehearsed")
    assert _found_in_the_pack_of(order) == []
    with transaction.atomic():
        ledger.note("tried again", subjects.of(order), by=ledger.SYSTEM)
    assert _found_in_the_pack_of(order) == []  # sealed in the newer form, behind the older
    assert set(Seal.objects.values_list("form", flat=True)) == {1, 2}


def _found_in_the_pack_of(order: Order) -> list[str]:
    with fetch_evidence(order, by=order.requester).file as file:
        found, _ = verify.verify(file.read())
    return found
