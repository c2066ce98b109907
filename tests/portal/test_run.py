"""`make run` as a whole: what falls is started again, and what stops leaves nothing behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import requests

from tests.running import Portal, running, until

WORKER = "manage.py work"


def processes(portal: Portal) -> Iterator[tuple[int, str]]:
    """Give what runs on this portal's folder: process id and command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            environment = (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:  # gone meanwhile, or somebody else's
            continue
        if command and f"BERTH_DATA={portal.data}\0" in environment:
            yield int(folder.name), command


def workers(portal: Portal) -> set[int]:
    found = processes(portal)
    return {pid for pid, command in found if WORKER in command and "portal.keep" not in command}


def test_a_worker_that_was_killed_is_replaced_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    with running(tmp_path / "data", BERTH_PORT="8500") as portal:
        first = until(lambda: workers(portal), 30, "a worker runs")
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        until(lambda: workers(portal) - first, 30, "another worker runs")
        assert requests.get(f"{portal.address}/livez", timeout=5).ok
    assert portal.launcher.returncode == 0
    assert dict(processes(portal)) == {}


def test_a_killed_launcher_leaves_no_process_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with running(tmp_path / "data", BERTH_PORT="8500") as portal:
        password = portal.password
        portal.launcher.kill()
        portal.launcher.wait()
        until(lambda: not dict(processes(portal)), 20, "everything has stopped")
    with running(tmp_path / "data", BERTH_PORT="8500") as portal:
        assert portal.password == password
        assert until(lambda: workers(portal), 30, "a worker runs")
