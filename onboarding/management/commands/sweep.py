"""Runs the sweeper: rings for whatever is due, whether or not its message was lost."""

from typing import Any

from django.core.management.base import BaseCommand

from onboarding.running.sweeper import sweep
from portal.stopping import stop_event


class Command(BaseCommand):
    help = "Ring for due orders, seal the ledger and renew tokens. Any number of sweepers may run."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = stop_event()
        sweep(keep_going=lambda: not stop.is_set(), pause=stop.wait)
