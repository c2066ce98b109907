"""The running programs: started so that they cannot outlive the launcher, and stopped in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from localcluster import commands
from localcluster.commands import Command
from localcluster.says import say
from localcluster.state import State

READY_SECONDS = 120
STOP_SECONDS = 10
GLANCE_SECONDS = 0.1

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class ProgramDied(Exception):
    """A program ended by itself. The text says which, and where its log is."""


class NotReady(Exception):
    """Something did not come about in time. The text says what."""


class Processes:
    """Everything that this launcher runs, in the order it was started."""

    def __init__(
        self, state: State, programs: dict[str, Path], is_ready: Callable[[Command], bool]
    ) -> None:
        self._state = state
        self._programs = programs
        self._is_ready = is_ready
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    def start(self, *together: Command) -> None:
        """Start these and wait until each of them is ready."""
        began = time.monotonic()
        for command in together:
            self._running[command.name] = self._spawn(command)
        for command in together:
            self.wait(command.name, partial(self._is_ready, command))
            say(f"{command.name:<24} ready after {time.monotonic() - began:.1f} s")

    def wait(self, what: str, happened: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
        """Wait for that. Raise NotReady if it does not come, ProgramDied if a program goes."""
        last = time.monotonic() + seconds
        while not happened():
            self._glance()
            if time.monotonic() > last:
                raise NotReady(f"{what}: not ready after {seconds:.0f} s; see {self._state.logs}")

    def watch(self) -> NoReturn:
        """Wait for ever; it ends with ProgramDied, or with the KeyboardInterrupt of a signal."""
        while True:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            self._glance()

    def stop(self) -> None:
        """Stop all: first the clients of the API server, then it, then etcd."""
        last = ("kube-apiserver", "etcd")
        self._stop([name for name in self._running if name not in last])
        for name in last:
            self._stop([name])

    def _spawn(self, command: Command) -> "subprocess.Popen[bytes]":
        scratch = self._state.scratch / command.name
        scratch.mkdir()
        with self._state.log(command.name).open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own programs
                [self._programs[command.name], *command.arguments],
                cwd=scratch,
                env=commands.environment(command, scratch),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Out of reach of the terminal's Ctrl-C, which would stop all at once.
                start_new_session=True,
                preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 - no threads here
            )

    def _glance(self) -> None:
        """Pause for a moment, and raise ProgramDied if one of them has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                log = self._state.log(name)
                raise ProgramDied(f"{name} ended with {process.returncode}; see {log}")
        newest = next(reversed(self._running.values()))
        try:
            newest.wait(GLANCE_SECONDS)
        except subprocess.TimeoutExpired:
            return

    def _stop(self, names: list[str]) -> None:
        stopping = {name: self._running[name] for name in names if name in self._running}
        for process in stopping.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for name, process in stopping.items():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"{name} did not stop in {STOP_SECONDS} s and was killed")
                process.kill()
                process.wait()


def _die_with(launcher: int) -> None:
    """Between fork and exec: have the kernel kill this process when the launcher is gone."""
    if sys.platform != "linux":
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != launcher:
        os._exit(1)
