"""Reads the whole ledger and says whether anything in it was changed or taken away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import chain


class Command(BaseCommand):
    help = "Verify the chain of audit entries. Exits with 1 and says what is wrong if it is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        found = chain.state()
        for finding in found.findings:
            self.stdout.write(finding)
        if found.findings:
            raise CommandError(
                f"The ledger does not hold: {len(found.findings)} findings above. Keep a copy of "
                "the database as it is and tell whoever is responsible for audit."
            )
        self.stdout.write(
            f"The ledger holds: {found.sealed} entries sealed, {found.waiting} waiting for a seal, "
            f"head {found.head or 'none'}."
        )
