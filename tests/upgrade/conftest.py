"""A database of its own for each test of an upgrade, at no state of the migrations yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def empty_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """Let everything work on an empty database, of the kind that the tests run on."""
    here = connection.settings_dict["NAME"]
    there = str(tmp_path / "there.sqlite3")
    if connection.vendor == "postgresql":
        there = f"{here}_there"
        _run(f'DROP DATABASE IF EXISTS "{there}"')
        _run(f'CREATE DATABASE "{there}"')
    _go_to(there)
    yield
    _go_to(here)
    if connection.vendor == "postgresql":
        _run(f'DROP DATABASE "{there}"')


def _go_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
