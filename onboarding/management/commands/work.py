"""Runs a worker: takes rings from the queue and looks at orders, until it is told to stop."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from onboarding.running.worker import steady_worker
from portal.stopping import end_when_told


class Command(BaseCommand):
    help = "Take rings from the queue and look at orders. Any number of workers may run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--burst", action="store_true", help="stop when the queue is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        end_when_told()  # the worker puts itself on the list before it listens
        # no database connection may cross the fork of a job
        connections.close_all()
        steady_worker().work(burst=options["burst"], logging_level="WARNING")
