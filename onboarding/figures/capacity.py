"""What the installation carries, and how much more it could: plain numbers, read once."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import ceil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from audit.models import Entry
from onboarding.models import Order, RunState, StepRun
from onboarding.ports import GitHost
from onboarding.running.waiting import waiting
from tenants.lifecycle import LIVE
from tenants.models import Claim, Cluster, Placement, Service

WINDOW = timedelta(days=1)
GIB = Decimal(1024**3)
SUFFIXES = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3, "Ti": 1024**4, "k": 10**3, "M": 10**6}
SUFFIXES |= {"G": 10**9, "T": 10**12}


@dataclass(frozen=True)
class Room:
    """One cluster: what services have asked for there, what it has, and what fits beside it.

    `fits` is in services as large as the average there; None where the record says no capacity.
    """

    cluster: str
    placements: int
    cpu: float  # cores asked for
    capacity_cpu: int
    memory: float  # GiB asked for
    capacity_memory: int
    fits: int | None


@dataclass(frozen=True)
class Pace:
    """How long the successful runs of a step took within the last day, in seconds."""

    step: str
    runs: int
    p50: float
    p95: float


@dataclass(frozen=True)
class Capacity:
    """Everything that `manage.py capacity` prints."""

    orders_open: int
    orders: int
    services: int
    claims: int
    repositories: int
    repository_bytes: int | None  # None where the Git host keeps them elsewhere
    database: str
    database_bytes: int
    audit_entries: int
    queue_rings: int | None  # None where the queue does not answer
    rooms: Sequence[Room]
    paces: Sequence[Pace]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(githost: GitHost, moment: datetime) -> Capacity:
    """Read everything. Raises GitHostUnreachable."""
    orders = Order.objects.order_by().aggregate(all=Count("pk"), open=Count("pk", Q(ended_as="")))
    queue = waiting()
    return Capacity(
        orders_open=orders["open"],
        orders=orders["all"],
        services=Service.objects.filter(lifecycle__in=LIVE).count(),
        claims=Claim.objects.filter(released_at=None).count(),
        repositories=len(githost.names()),
        repository_bytes=_folder_bytes(settings.BERTH_GIT_FOLDER)
        if settings.BERTH_GIT_ADAPTER == "bare"
        else None,
        database=connection.vendor,
        database_bytes=_database_bytes(),
        audit_entries=Entry.objects.count(),
        queue_rings=queue.rings if queue else None,
        rooms=[_room(cluster) for cluster in Cluster.objects.order_by("slug")],
        paces=_paces(moment - WINDOW),
    )


def _database_bytes() -> int:
    sizes = {
        "postgresql": "SELECT pg_database_size(current_database())",
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    }
    with connection.cursor() as cursor:
        cursor.execute(sizes[connection.vendor])
        return int(cursor.fetchone()[0])


def _folder_bytes(folder: Path) -> int:
    """Return what the files in a folder take; one that goes away meanwhile counts as nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def _room(cluster: Cluster) -> Room:
    asked = Placement.objects.filter(cluster=cluster, lifecycle__in=LIVE).values_list(
        "service__size__cpu_requests", "service__size__memory_requests"
    )
    placed = list(asked)
    cpu = sum((number(each) for each, _ in placed), Decimal(0))
    memory = sum((number(each) for _, each in placed), Decimal(0)) / GIB
    return Room(
        cluster=cluster.slug,
        placements=len(placed),
        cpu=float(cpu),
        capacity_cpu=cluster.capacity_cpu,
        memory=float(memory),
        capacity_memory=cluster.capacity_memory,
        fits=_fits(len(placed), ((cpu, cluster.capacity_cpu), (memory, cluster.capacity_memory))),
    )


def _fits(placements: int, shares: Iterable[tuple[Decimal, int]]) -> int | None:
    """Return how many more of the average size fit by what is scarcest; None where unknown."""
    known = [(used, Decimal(has)) for used, has in shares if has and used]
    if not known or not placements:
        return None
    return max(0, min(int((has - used) / (used / placements)) for used, has in known))


def number(quantity: str) -> Decimal:
    """Return a Kubernetes quantity as a number; one that is none counts as nothing."""
    suffix = next((each for each in SUFFIXES if quantity.endswith(each)), "")
    scale = Decimal(SUFFIXES.get(suffix, 1))
    digits = quantity.removesuffix(suffix)
    if digits.endswith("m"):
        digits, scale = digits[:-1], Decimal("0.001")
    try:
        return Decimal(digits) * scale
    except InvalidOperation:
        return Decimal(0)


def _paces(since: datetime) -> list[Pace]:
    lengths: Mapping[str, list[float]] = defaultdict(list)
    runs = StepRun.objects.filter(state=RunState.OVER, succeeded=True, finished_at__gte=since)
    for step, begun, ended in runs.order_by().values_list("step", "started_at", "finished_at"):
        if ended is not None:
            lengths[step].append((ended - begun).total_seconds())
    return [
        Pace(step, len(found), _percentile(found, 50), _percentile(found, 95))
        for step, found in sorted(lengths.items())
    ]


def _percentile(lengths: Sequence[float], percent: int) -> float:
    """Return the shortest length that so many per cent did not exceed."""
    return sorted(lengths)[ceil(len(lengths) * percent / 100) - 1]
