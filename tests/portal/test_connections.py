"""Connections to PostgreSQL: pooled in the web process, of their own and limited everywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from portal import env

ROOT = Path(__file__).resolve().parents[2]
THREADS = 16

on_postgresql = [
    pytest.mark.postgresql,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is a file"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def web(tmp_path: Path) -> dict[str, Any]:
    """Return what a web process with sixteen threads saw of the tests' database."""
    ours = {key: value for key, value in os.environ.items() if key.startswith("BERTH_DATABASE")}  # noqa: TID251 - handed on
    done = subprocess.run(
        [sys.executable, "-m", "tests.portal.web_connections"],
        cwd=ROOT,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("BERTH_")},  # noqa: TID251 - the same
            **ours,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "BERTH_DATA": str(tmp_path),
            "BERTH_DATABASE_NAME": str(connection.settings_dict["NAME"]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class TestOnPostgresql:
    pytestmark = on_postgresql

    def test_a_web_process_keeps_its_connections_and_survives_their_loss(
        self, web: dict[str, Any]
    ) -> None:
        assert web["again"] == web["first"]
        assert len(web["first"]) == THREADS
        assert len(web["after"]) == THREADS
        assert len({*web["after"]} & {*web["first"]}) <= 1
        assert web["limits"] == {
            "statement_timeout": "30s",
            "lock_timeout": "10s",
            "idle_in_transaction_session_timeout": "1min",
        }

    def test_other_processes_may_take_their_time_but_hold_no_lock_for_ever(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("1min",)


def test_only_a_web_process_has_a_pool(tmp_path: Path) -> None:
    web, other = (env.database("postgresql", tmp_path, is_web=is_web) for is_web in (True, False))
    assert web["OPTIONS"]["pool"]["max_size"] == THREADS
    assert "pool" not in other["OPTIONS"]
    assert "pool" not in env.reading(web)["OPTIONS"]


def test_a_pooler_in_front_goes_without_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BERTH_DATABASE_POOL", "0")
    assert "pool" not in env.database("postgresql", tmp_path, is_web=True)["OPTIONS"]
