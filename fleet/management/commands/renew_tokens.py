"""Renews the portal's own tokens on clusters; the sweeper does the same every few minutes."""

from typing import Any

from django.core.management.base import BaseCommand

from fleet.renewal import renew_due
from portal.clock import now


class Command(BaseCommand):
    help = "Renew the tokens of clusters that have half of their life behind them."

    def handle(self, *args: Any, **options: Any) -> None:
        renewed = renew_due(now())
        self.stdout.write(f"Renewed: {', '.join(renewed)}." if renewed else "No token is due.")
