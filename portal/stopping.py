"""Stopping a long-running command when the system asks for it.

The first process of a container has to say what SIGTERM does: the kernel drops it otherwise.
"""

import signal
import sys
from threading import Event
from types import FrameType


def stop_event() -> Event:
    """Return an event that SIGTERM or SIGINT sets: waiting on it is a pause that can end early."""
    stop = Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    return stop


def end_when_told() -> None:
    """Let SIGTERM and SIGINT end the process at once, with status 0, until somebody else listens.

    For a command that has nothing under way yet.
    """

    def told(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
