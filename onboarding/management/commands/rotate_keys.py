"""Lets everything that is kept or handed out be made with the newest keys, so that old ones go."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.doers import command_line
from fleet import resealing
from onboarding import rotation


class Command(BaseCommand):
    help = (
        "Encrypt tokens of clusters with the newest of BERTH_FIELD_KEYS, sign the newest anchor "
        "with it, and write Flux's credentials with the newest of BERTH_GIT_KEYS. Exits with 1 "
        "while an old key is still needed. May be repeated."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        tokens = resealing.reseal()
        credentials = rotation.write_credentials(by=command_line())
        self.stdout.write(f"Tokens of clusters under the newest key: {tokens.count}.")
        self.stdout.write(f"Git credentials made with the newest key: {credentials.count}.")
        for cluster in tokens.lost:
            self.stdout.write(f"No key opens the token of {cluster}: join the cluster again.")
        for sentence in credentials.left:
            self.stdout.write(f"Not yet {sentence}")
        call_command("anchor_audit", stdout=self.stdout)
        if tokens.lost or credentials.left:
            raise CommandError("Keep the old keys, and run this again once the cause is gone.")
        self.stdout.write("Nothing needs an older key any more.")
