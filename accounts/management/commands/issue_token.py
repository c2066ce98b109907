"""Issues a machine's token and shows it once. What it sees is granted in `tenants`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions, networks, tokens
from accounts.doers import command_line
from accounts.models import PERSONAL, Scope

# people make those with an owner themselves, on the page of their account
# of the record: other scopes open one thing for everybody who has them
WHAT_IT_SEES = {Scope.CMDB_READ: "It sees nothing until an operator gives it sight. "}
SCOPES = [scope.value for scope in Scope if scope not in PERSONAL]


class Command(BaseCommand):
    help = "Issue a token for a machine; it is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the token is for, such as the system that uses it")
        parser.add_argument("--scope", choices=SCOPES, required=True)
        parser.add_argument(
            "--days", type=int, default=tokens.DAYS, help=f"of life; at most {tokens.MOST_DAYS}"
        )

        parser.add_argument(
            "--contact", default="", help="whom to ask about it; whoever runs this otherwise"
        )
        parser.add_argument(
            "--from",
            action="append",
            default=[],
            metavar="NETWORK",
            help="such as 10.20.0.0/16; may be given several times. It is refused from elsewhere",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= tokens.MOST_DAYS:
            raise CommandError(f"--days is a number from 1 to {tokens.MOST_DAYS}.")
        try:
            places = networks.parsed(",".join(options["from"]))
        except ValueError as error:
            raise CommandError(str(error)) from error
        by = command_line()
        token, text = actions.make_token(
            options["name"],
            Scope(options["scope"]),
            days=options["days"],
            contact=options["contact"] or by.name,
            places=places,
            by=by,
        )
        self.stderr.write(
            f"Token {token.key} ({token.scope}) opens until {token.expires_at:%Y-%m-%d}. "
            f"{WHAT_IT_SEES.get(Scope(token.scope), '')}It is shown once:"
        )
        self.stdout.write(text)
