"""The programs of a launcher, with ordinary Unix commands in their place."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from localcluster.commands import Command
from localcluster.processes import NotReady, Processes, ProgramDied
from localcluster.state import State
from localcluster.versions import HOME

LAUNCHER = f"""
import sys; sys.path.insert(0, {str(HOME)!r})
from pathlib import Path
from localcluster.commands import Command
from localcluster.processes import Processes
from localcluster.state import State
state = State(Path(sys.argv[1])); state.prepare()
processes = Processes(state, {{"sleep": Path("/bin/sleep")}}, lambda command: True)
processes.start(Command("sleep", ["60"], ""))
print(processes.pids["sleep"], flush=True)
processes.watch()
"""


@pytest.fixture
def processes(state: State) -> Iterator[Processes]:
    programs = {"sleep": Path("/bin/sleep"), "sh": Path("/bin/sh")}
    started = Processes(state, programs, lambda command: command.name == "sleep")
    yield started
    started.stop()


def test_a_program_that_ends_is_named_with_its_log(processes: Processes, state: State) -> None:
    with pytest.raises(ProgramDied, match=r"sh ended with 7; see .*sh\.log"):
        processes.start(Command("sh", ["-c", "echo the reason; exit 7"], ""))
    assert state.log("sh").read_text() == "the reason\n"


def test_what_does_not_come_in_time_is_named(processes: Processes) -> None:
    processes.start(Command("sleep", ["60"], ""))
    with pytest.raises(NotReady, match="the Node"):
        processes.wait("the Node", lambda: False, seconds=0.1)


def test_stopping_leaves_nothing(processes: Processes) -> None:
    processes.start(Command("sleep", ["60"], ""))
    processes.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(processes.pids["sleep"], 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel must know PR_SET_PDEATHSIG")
def test_a_killed_launcher_takes_its_programs_along(tmp_path: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    ready, pid = launcher.stdout.readline(), int(launcher.stdout.readline())
    assert ready.startswith("sleep")
    watched = os.pidfd_open(pid)
    launcher.send_signal(signal.SIGKILL)
    launcher.communicate()
    assert has_ended(watched)


def has_ended(watched: int) -> bool:
    """Wait for that process: its file descriptor becomes readable when it is gone."""
    with os.fdopen(watched, "rb", buffering=0) as descriptor:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        return bool(poller.poll(5000))
