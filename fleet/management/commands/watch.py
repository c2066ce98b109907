"""Runs the watch: reads from every cluster what Flux says of the placements in use."""

from typing import Any

from django.core.management.base import BaseCommand

from fleet.watching import watch
from portal.stopping import stop_event


class Command(BaseCommand):
    """`manage.py watch`."""

    help = "Read what Flux says of placements in use. Any number of watches may run."

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch until SIGTERM or SIGINT."""
        stop = stop_event()
        watch(keep_going=lambda: not stop.is_set(), pause=stop.wait)
