"""Issues a machine's token and shows it once. What it sees is granted in `tenants`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import actions, tokens
from accounts.doers import command_line
from accounts.models import MachineToken, Scope

SCOPES = [scope.value for scope in Scope if scope is not Scope.GIT]  # a Git password has an owner


class Command(BaseCommand):
    """A room above may subclass this as a command of the same name, which then goes before it."""

    help = "Issue a token for a machine; it is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the token is for, such as the system that uses it")
        parser.add_argument("--scope", choices=SCOPES, required=True)
        parser.add_argument(
            "--days", type=int, default=tokens.DAYS, help=f"of life; at most {tokens.MOST_DAYS}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= tokens.MOST_DAYS:
            raise CommandError(f"--days is a number from 1 to {tokens.MOST_DAYS}.")
        with transaction.atomic():
            token, text = actions.make_token(
                options["name"], Scope(options["scope"]), days=options["days"], by=command_line()
            )
            self.grant(token, options)
        self.stderr.write(
            f"Token {token.key} ({token.scope}) opens until {token.expires_at:%Y-%m-%d}. "
            "It is shown once:"
        )
        self.stdout.write(text)

    def grant(self, token: MachineToken, options: dict[str, Any]) -> None:
        """Give the token sight of something, in the transaction that issues it."""
