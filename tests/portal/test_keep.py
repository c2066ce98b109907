"""The keeper of a program: restarts, giving up, stopping, and leaving nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

KEEP = (sys.executable, "-m", "portal.keep")
ROOT = Path(__file__).resolve().parents[2]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")


@contextmanager
def kept(*words: str, last: bool = False) -> Iterator["subprocess.Popen[str]"]:
    options = ("--last",) if last else ()
    program = [*KEEP, *options, "it", *words]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as keeper:
        try:
            yield keeper
        finally:
            keeper.terminate()


def shell(script: str) -> Sequence[str]:
    return ("sh", "-c", script)


def comes(happened: Callable[[], object], seconds: float = 10) -> bool:
    last = monotonic() + seconds
    while monotonic() < last:
        if happened():
            return True
        Event().wait(0.05)
    return False


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


def pid_in(path: Path) -> int:
    assert comes(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


def test_a_program_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with kept(*shell(f"echo $$ > {tmp_path}/pid; exec sleep 60")) as keeper:
        first = pid_in(tmp_path / "pid")
        os.kill(first, signal.SIGKILL)
        assert comes(lambda: (tmp_path / "pid").read_text() not in {"", f"{first}\n"})
        keeper.terminate()
        assert keeper.wait(10) == 0


def test_a_program_that_cannot_stand_is_given_up_with_its_status() -> None:
    with kept(*shell("exit 3")) as keeper:
        said, _ = keeper.communicate(timeout=20)
        assert keeper.returncode == 3
        assert "giving up" in said


def test_a_stop_reaches_the_program_and_ends_with_zero(tmp_path: Path) -> None:
    with kept(*shell(f"echo $$ > {tmp_path}/pid; exec sleep 60")) as keeper:
        program = pid_in(tmp_path / "pid")
        keeper.terminate()
        assert keeper.wait(5) == 0
        assert is_gone(program)


def test_a_program_that_will_not_stop_is_killed_within_seconds(tmp_path: Path) -> None:
    with kept(
        *shell(f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 1; done")
    ) as keeper:
        program = pid_in(tmp_path / "pid")
        keeper.terminate()
        assert keeper.wait(8) == 0
        assert is_gone(program)


def test_the_last_one_stays_a_little_longer(tmp_path: Path) -> None:
    with kept(*shell(f"echo $$ > {tmp_path}/pid; exec sleep 60"), last=True) as keeper:
        program = pid_in(tmp_path / "pid")
        keeper.terminate()
        Event().wait(0.5)
        assert not is_gone(program)
        assert keeper.wait(5) == 0


@linux_only
def test_nothing_outlives_a_keeper_that_was_killed(tmp_path: Path) -> None:
    with kept(*shell(f"echo $$ > {tmp_path}/pid; exec sleep 60")) as keeper:
        program = pid_in(tmp_path / "pid")
        keeper.kill()
        keeper.wait()
        assert comes(lambda: is_gone(program))
