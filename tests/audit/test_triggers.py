"""The database itself refuses to change or delete what was written."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from audit import checks, triggers
from audit.models import Entry, Seal
from audit.sealer import seal
from tests.audit.conftest import write

Spoil = Callable[[], object]

SPOILS: dict[str, Spoil] = {
    "change an entry": lambda: Entry.objects.update(verb="nothing"),
    "delete an entry": lambda: QuerySet(Entry).filter(pk__gt=0).delete(),
    "change a seal": lambda: Seal.objects.update(hash="0" * 64),
    "delete a seal": lambda: QuerySet(Seal).filter(pk__gt=0).delete(),
}


@pytest.fixture
def sealed(db: None) -> Entry:
    """An entry with its seal."""
    entry = write()
    seal()
    return entry


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS.keys())
def test_rows_of_the_ledger_are_neither_changed_nor_deleted(sealed: Entry, spoil: Spoil) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        spoil()
    assert Entry.objects.get().verb == "changed"
    assert Seal.objects.get().hash != "0" * 64


@pytest.mark.postgresql
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite knows no TRUNCATE")
def test_the_ledger_is_not_truncated(sealed: Entry) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_entry")


def test_the_check_finds_nothing_while_the_triggers_are_there(db: None) -> None:
    assert checks.triggers_in_place(["default"]) == []


def test_the_check_finds_every_trigger_that_is_missing(db: None) -> None:
    with triggers.lifted():
        said = {str(warning.msg) for warning in checks.triggers_in_place(["default"])}
    for table in ("audit_entry", "audit_seal"):
        for operation in ("update", "delete"):
            missing = f"the trigger that refuses {operation} is missing."
            assert f"Rows of {table} can be changed: {missing}" in said


def test_without_a_database_to_look_at_the_check_looks_at_none(db: None) -> None:
    with triggers.lifted():
        assert checks.triggers_in_place(None) == []


def test_lifted_triggers_are_back_after_a_failure(sealed: Entry) -> None:
    def spoil() -> None:
        with triggers.lifted():
            Entry.objects.update(verb="spoilt")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        spoil()
    assert triggers.missing() == []


@pytest.mark.django_db(transaction=True)
def test_migrating_puts_missing_triggers_back() -> None:
    triggers.lift()
    call_command("migrate", verbosity=0)
    assert triggers.missing() == []


@pytest.mark.django_db(transaction=True)
def test_a_table_rebuilt_by_a_migration_has_its_triggers_after_it() -> None:
    field = Entry._meta.get_field("verb")
    with connection.schema_editor() as editor:
        wider = field.clone()
        wider.max_length = 61
        wider.set_attributes_from_name("verb")
        editor.alter_field(Entry, field, wider)
        editor.alter_field(Entry, wider, field)
    call_command("migrate", verbosity=0)
    assert triggers.missing() == []


@pytest.mark.postgresql
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite switches none off")
def test_a_trigger_that_was_switched_off_counts_as_missing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_refuses_delete")
    assert triggers.missing() == [("audit_entry", "delete")]
    triggers.put_back()
    assert triggers.missing() == []
