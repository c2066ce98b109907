"""Writes the newest seal of the ledger into the anchor file; the sweeper does the same."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit import inspection
from audit.anchoring import Anchored
from audit.sealer import seal


class Command(BaseCommand):
    help = "Seal what waits and anchor the newest seal in the file at BERTH_AUDIT_ANCHORS."

    def handle(self, *args: Any, **options: Any) -> None:
        while seal():
            pass
        anchored = self._anchored()
        if anchored.finding:
            raise CommandError(anchored.finding)
        if anchored.newest is None:
            self.stdout.write("The ledger is empty: there is nothing to anchor.")
            return
        told = "Anchored" if anchored.is_written else "Already anchored"
        self.stdout.write(f"{told}: seal {anchored.newest.seq}, {anchored.newest.hash}.")

    def _anchored(self) -> Anchored:
        try:
            return inspection.anchor(settings.BERTH_AUDIT_ANCHORS)
        except OSError as error:
            raise CommandError(f"The anchor file cannot be written: {error.strerror}.") from error
