"""Fills an embedded portal with demonstration data; what is there already stays as it is."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.doers import command_line
from portal.demo import people, record

ENTITLEMENTS = Path(people.__file__).with_name("entitlements.yaml")


class Command(BaseCommand):
    help = "Make demonstration people, tenants, a catalogue and a rehearsal cluster."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.BERTH_EMBEDDED:
            raise CommandError("Demonstration data is for an embedded portal only.")
        people.make(by=command_line())
        record.make(by=command_line())
        if not settings.BERTH_ENTITLEMENT_FILE.exists():
            settings.BERTH_ENTITLEMENT_FILE.write_text(ENTITLEMENTS.read_text())
        if options["verbosity"]:
            self.stdout.write("\n".join(people.introduction()))
