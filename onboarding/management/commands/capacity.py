"""Prints what the installation carries, and how much more it could."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from onboarding.figures.capacity import Capacity, Room, measure
from onboarding.toolbox import tools
from portal.clock import now
from portal.errors import BerthError

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Command(BaseCommand):
    help = "Say what the installation carries: orders, clusters, repositories, database, pace."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = measure(tools().githost, now())
        except BerthError as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), indent=2))
            return
        for line in (*_totals(found), "", *_rooms(found), "", *_paces(found)):
            self.stdout.write(line)


def _totals(found: Capacity) -> Iterator[str]:
    stored = found.repository_bytes
    rows = {
        "orders": f"{found.orders_open} open of {found.orders}",
        "services": str(found.services),
        "names taken": str(found.claims),
        "repositories": f"{found.repositories}{f', {size(stored)}' if stored is not None else ''}",
        "database": f"{found.database}, {size(found.database_bytes)}",
        "audit entries": str(found.audit_entries),
        "queue": "does not answer" if found.queue_rings is None else f"{found.queue_rings} rings",
    }
    return (f"{name:<16}{value}" for name, value in rows.items())


def _rooms(found: Capacity) -> Iterator[str]:
    yield f"{'cluster':<24}{'placements':>10}{'cores':>16}{'GiB':>16}{'more fit':>12}"
    for room in found.rooms:
        yield (
            f"{room.cluster:<24}{room.placements:>10}"
            f"{_share(room.cpu, room.capacity_cpu):>16}"
            f"{_share(room.memory, room.capacity_memory):>16}{_fits(room):>12}"
        )


def _share(used: float, has: int) -> str:
    return f"{used:g} of {has or '?'}"


def _fits(room: Room) -> str:
    return "not known" if room.fits is None else str(room.fits)


def _paces(found: Capacity) -> Iterator[str]:
    yield f"{'step, last day':<24}{'runs':>10}{'p50 s':>16}{'p95 s':>16}"
    for pace in found.paces:
        yield f"{pace.step:<24}{pace.runs:>10}{pace.p50:>16.1f}{pace.p95:>16.1f}"


def size(count: float) -> str:
    """Say a number of bytes in the largest unit that keeps it above one."""
    unit = 0
    while count >= 1024 and unit < len(UNITS) - 1:
        count, unit = count / 1024, unit + 1
    return f"{count:.1f} {UNITS[unit]}" if unit else f"{int(count)} B"
