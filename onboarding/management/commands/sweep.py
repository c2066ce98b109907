"""Runs the sweeper: rings for whatever is due, whether or not its message was lost."""

import signal
from threading import Event
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from onboarding.sweeper import sweep


class Command(BaseCommand):
    help = "Ring for due orders, seal the ledger and renew tokens. Any number of sweepers may run."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()

        def told_to_stop(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, told_to_stop)
        sweep(keep_going=lambda: not stop.is_set(), pause=stop.wait)
