"""Lets everything that is kept or handed out be made with the newest keys, so that old ones go."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts import tokens as machine_tokens
from accounts.doers import command_line
from fleet import resealing
from onboarding import rotation
from portal.clock import now

MOST_NAMED = 50  # tokens that still need an older pepper


class Command(BaseCommand):
    help = (
        "Encrypt tokens of clusters with the newest of BERTH_FIELD_KEYS, sign the newest anchor "
        "with it, write Flux's credentials with the newest of BERTH_GIT_KEYS, and name the tokens "
        "that need an older pepper. Exits with 1 while an old key is still needed. May be repeated."
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
        unused = self._unused()
        if tokens.lost or credentials.left or unused:
            raise CommandError("Keep the old keys, and run this again once the cause is gone.")
        self.stdout.write("Nothing needs an older key any more.")

    def _unused(self) -> int:
        """Tell which tokens need an older pepper until they are used, and return how many."""
        waiting = machine_tokens.under_older_peppers(now())
        for token in waiting[:MOST_NAMED]:
            whose = token.owner or token.contact or "nobody is named"
            self.stdout.write(
                f"Not yet used since the newest pepper: {token.label}, {whose}; it opens until "
                f"{token.expires_at:%Y-%m-%d}."
            )
        count = waiting.count()
        if count > MOST_NAMED:
            self.stdout.write(f"And {count - MOST_NAMED} more.")
        return count
