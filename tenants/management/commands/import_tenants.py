"""Brings tenants, their members and applications into the record from a YAML file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.doers import command_line
from tenants import imports


class Command(BaseCommand):
    help = (
        "Make or change tenants, members and applications as a YAML file says. All or nothing; "
        "what the file does not name stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="say what would be done, only")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            wanted = imports.read(_text(path))
            done = imports.carry_out(wanted, by=command_line(), check=options["check"])
        except imports.Refused as refusal:
            for fault in refusal.faults:
                self.stderr.write(f"{path}:{fault.line}: {fault.words}")
            count = len(refusal.faults)
            raise CommandError(
                f"Nothing was imported: {count} fault{'' if count == 1 else 's'}."
            ) from refusal
        for line in done:
            self.stdout.write(line)
        self.stdout.write("Nothing was written: this was a check." if options["check"] else "Done.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from error
