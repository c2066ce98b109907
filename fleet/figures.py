"""Numbers of the fleet, for monitoring: how clusters stand and what the nightly look found."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from fleet import lookups
from fleet.models import Beat, Stray
from tenants.models import Cluster


@dataclass(frozen=True)
class Standing:
    """How one cluster stands, when it was last heard of, and until when the token there lasts."""

    cluster: str
    word: str
    heard_at: datetime | None
    token_expires_at: datetime | None


def standings() -> list[Standing]:
    """Return every cluster; where none has joined there is neither word nor token."""
    columns = ("slug", "stands", "connection__heard_at", "connection__token_expires_at")
    rows = Cluster.objects.annotate(stands=lookups.how_it_stands()).order_by("slug")
    return [Standing(*row) for row in rows.values_list(*columns)]


def strays() -> dict[str, int]:
    """Return how many findings of each kind count and are still there."""
    found = Stray.objects.filter(settled_at__isnull=False, gone_at=None)
    return dict(found.values_list("kind").annotate(Count("pk")))


def oldest_look() -> datetime | None:
    """Return when the place that was gone over least lately was; None: one never was."""
    if Beat.objects.filter(looked_at=None).exists():
        return None
    oldest: datetime | None = Beat.objects.aggregate(oldest=Min("looked_at"))["oldest"]
    return oldest
