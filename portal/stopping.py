"""Stopping a long-running command when the system asks for it."""

import signal
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
