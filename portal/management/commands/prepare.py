"""Makes an embedded portal ready to run: database, static files, and demonstration data once."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from portal.demo import people


class Command(BaseCommand):
    help = "Migrate, collect static files, and fill an empty portal; prints how to sign in."
    requires_system_checks = []  # what they would tell is made here

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.BERTH_EMBEDDED:
            raise CommandError(
                "`make run` is for an embedded portal; docs/operate.md says how others are run."
            )
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        if not User.objects.exists():
            call_command("demo", verbosity=0)
        self.stdout.write(f"Berth is ready at {settings.BERTH_URL}\n\n")
        self.stdout.write("\n".join(people.introduction()))
