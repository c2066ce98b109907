"""Processes and worlds apart: children that may be killed, on copies of all that they write to."""

import json
import os
import shutil
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from pytest_django import DjangoDbBlocker

from onboarding import toolbox
from onboarding.running import doorbell
from portal.keep import die_with_parent

LONGEST_CHILD = 120  # seconds; a child that takes longer hangs, and is ended by the kernel
KILLED = -signal.SIGKILL
DATABASE = "berth.sqlite3"
# the limits of portal/env.py, with shorter times
IMPATIENT = "-c lock_timeout=1s -c idle_in_transaction_session_timeout=3s"

_inherited: list[Any] = []


def start(act: Callable[[], object], log: Path) -> int:
    """Do it in a process of its own, now, and return its id. What it says goes into the log."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        die_with_parent(signal.SIGKILL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST_CHILD)
        with log.open("ab") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        act()
        status = 0
    except BaseException:  # noqa: BLE001 - a child must never run on as a second test run
        log.write_text(f"{log.read_text()}\n{traceback.format_exc()}")
    finally:
        os._exit(status)


def ended(child: int) -> int:
    """Wait until the child has ended; return its status, or the negative signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def stopped(child: int) -> bool:
    """Wait until the child was stopped (True) or has ended (False)."""
    return os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1])


@dataclass(frozen=True)
class Site:
    """Everything that a portal writes to: a folder, and a database that goes with it."""

    folder: Path

    @property
    def database(self) -> str:
        """The database's name: a file in the folder; on PostgreSQL one beside that of the tests."""
        if connections["default"].vendor == "sqlite":
            return str(self.folder / DATABASE)
        stem = str(connections["default"].settings_dict["NAME"]).partition("__")[0]
        return f"{stem}__{self.folder.name}".replace("-", "_")

    def do(self, act: Callable[[], object]) -> None:
        """Do it in a child on this site, which must end well."""
        status = ended(self.begin(act))
        assert status == 0, f"ended with {status}: {self.said()}"

    def said(self) -> str:
        """Return the end of what children have said here."""
        return (self.folder / "log").read_text()[-4000:]

    def begin(self, act: Callable[[], object]) -> int:
        """Let a child begin it on this site, and return its id."""

        def there() -> None:
            self._enter()
            act()

        return start(there, self.folder / "log")

    def _enter(self) -> None:
        """Let this process, a child, work on this site alone, heard by no queue."""
        _inherited.append(connections["default"])  # the parent's: never to be closed from here
        connections.settings["default"]["NAME"] = self.database
        if connections["default"].vendor == "postgresql":
            connections.settings["default"]["OPTIONS"]["options"] = IMPATIENT
        connections["default"] = connections.create_connection("default")
        settings.BERTH_GIT_FOLDER = self.folder / "repositories"
        settings.BERTH_REHEARSAL_FOLDER = self.folder / "rehearsal"
        settings.BERTH_ENTITLEMENT_FILE = self.folder / "entitlements.yaml"
        toolbox.tools.cache_clear()
        pytest.MonkeyPatch().setattr(doorbell, "_put", lambda _order: None)

    @classmethod
    def made(cls, folder: Path) -> "Site":
        """Make a site that is empty, with a copy of the tests' database."""
        folder.mkdir()
        copy_database(str(connections["default"].settings_dict["NAME"]), cls(folder).database)
        return cls(folder)

    def beside(self, name: str) -> "Site":
        """Return the site of this name beside this one, whether or not it is there."""
        return Site(self.folder.with_name(name))

    def copied(self, name: str) -> "Site":
        """Return a copy with another name. Nobody may be connected to this site."""
        copy = self.beside(name)
        shutil.copytree(self.folder, copy.folder, ignore=shutil.ignore_patterns(f"{DATABASE}*"))
        copy_database(self.database, copy.database)
        return copy

    def remove(self) -> None:
        shutil.rmtree(self.folder)
        if connections["default"].vendor != "sqlite":
            with connections["default"]._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    @contextmanager
    def for_a_while(self, name: str) -> Iterator["Site"]:
        """Give a copy that is gone afterwards."""
        copy = self.copied(name)
        try:
            yield copy
        finally:
            copy.remove()

    def keep(self, name: str, value: Any) -> None:
        """Write something down for the parent."""
        (self.folder / f"{name}.json").write_text(json.dumps(value))

    def kept(self, name: str) -> Any:
        return json.loads((self.folder / f"{name}.json").read_text())

    def set_time(self, moment: datetime) -> None:
        """Remember how late it is here, for whoever goes on after a kill."""
        (self.folder / "time").write_text(moment.isoformat())

    def time(self, default: datetime) -> datetime:
        path = self.folder / "time"
        return datetime.fromisoformat(path.read_text()) if path.exists() else default


def copy_database(source: str, target: str) -> None:
    """Copy a database that nobody writes to."""
    if connections["default"].vendor == "sqlite":
        with closing(sqlite3.connect(source)) as before, closing(sqlite3.connect(target)) as after:
            before.backup(after)
        return
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


@pytest.fixture(scope="session")
def empty(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Site:
    """Give a site with nothing in it, to be copied."""
    with django_db_blocker.unblock():
        connections.close_all()
        return Site.made(tmp_path_factory.mktemp("sites") / "empty")
