"""Makes a person with a local account, and shows the password once."""

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions
from accounts.doers import command_line
from accounts.models import Role
from portal.errors import PasswordWeak, PersonExists


class Command(BaseCommand):
    help = "Make a person who signs in with a user name and a password, which is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", action="append", choices=Role.values, default=[])
        parser.add_argument("--name", default="", help="first and last name")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input instead of making one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        given = options["password_stdin"]
        password = input() if given else secrets.token_urlsafe(16)
        try:
            person = actions.create_person(
                options["username"],
                password=password,
                roles=[Role(role) for role in dict.fromkeys(options["role"])],
                name=options["name"],
                email=options["email"],
                by=command_line(),
            )
        except PersonExists as error:
            raise CommandError(f"There is a person called {error.detail} already.") from error
        except PasswordWeak as error:
            raise CommandError(error.detail) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stderr.write(f"{person.username} may sign in now.")
        if not given:
            self.stderr.write("This password is shown once:")
            self.stdout.write(password)
