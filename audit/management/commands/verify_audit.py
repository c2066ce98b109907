"""Reads the whole ledger and says whether anything in it was changed or taken away."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import inspection
from audit.inspection import Verified


class Command(BaseCommand):
    help = (
        "Verify the chain of audit entries, and compare it with what was anchored. Exits with 1 "
        "and says what is wrong if it does not hold."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchors",
            type=Path,
            metavar="FILE",
            help="the anchors to compare with, such as a copy kept elsewhere; otherwise those at "
            "BERTH_AUDIT_ANCHORS",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        verified = self._verified(options["anchors"])
        praise = [] if verified.findings else [_praise(verified)]
        for sentence in (*verified.findings, *praise, *verified.anchors.notes):
            self.stdout.write(sentence)
        if verified.findings:
            raise CommandError(
                f"The ledger does not hold: {len(verified.findings)} findings above. Keep a copy "
                "of the database and of the anchor file as they are, and tell whoever is "
                "responsible for audit."
            )

    def _verified(self, given: Path | None) -> Verified:
        if given and not given.exists():
            raise CommandError(f"There is no file {given}.")
        try:
            return inspection.verify(given or settings.BERTH_AUDIT_ANCHORS)
        except OSError as error:
            raise CommandError(f"The anchor file cannot be read: {error.strerror}.") from error


def _praise(verified: Verified) -> str:
    ledger, anchors = verified.ledger, verified.anchors
    told = (
        f"The ledger holds: {ledger.sealed} entries sealed, {ledger.waiting} waiting for a seal, "
        f"head {ledger.head or 'none'}."
    )
    if anchors.newest is None:
        return told
    return (
        f"{told} It agrees with {anchors.count} anchors; the newest is of "
        f"{anchors.newest.anchored_at}, up to seal {anchors.newest.seq}."
    )
