"""Writes the services of the record to a file or to the terminal, as the API streams them."""

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from tenants import export, lookups


class Command(BaseCommand):
    help = "Export every service with its placements as NDJSON or CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=sorted(export.FORMATS), default="ndjson")
        parser.add_argument(
            "--output",
            type=Path,
            help="a file; it is replaced only once everything is written. Default: the terminal",
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        _, write = export.FORMATS[options["format"]]
        lines = write(lookups.services())
        if options["output"] is None:
            for line in lines:
                self.stdout.write(line.decode(), ending="")
        else:
            _replace(options["output"], lines)


def _replace(path: Path, lines: Iterable[bytes]) -> None:
    """Write beside the file and rename, so that a reader never meets half an export."""
    draft = path.with_name(f"{path.name}.part")
    with draft.open("wb") as file:
        file.writelines(lines)
    draft.replace(path)
