"""The eligibility matrix as it is or was, who may read its rows, and what does not fit it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Count, Max, Prefetch, Q, QuerySet

from accounts.machines import Principal
from tenants import lookups
from tenants.eligibility import Line, Matrix, Place, Verdict
from tenants.lifecycle import LIVE
from tenants.models import Application, Cluster, Placement
from tenants.rules import Edition, Rule

# the columns of a row as `Line` has them, in its order
LINE = ("environment", "classification", "tier", "region", "allows", "why", "remedy")
PLACE = (
    "service__environment",
    "service__application__classification",
    "cluster__tier",
    "cluster__region",
)


def in_force(using: str = DEFAULT_DB_ALIAS) -> Matrix:
    """Return the matrix as it is now, by two queries.

    The edition is read first: should it move in between, whoever builds on it finds out.
    """
    edition = Edition.objects.using(using).aggregate(last=Max("number"))["last"] or 0
    return _of(Rule.objects.using(using).filter(until=None), edition)


def as_of(edition: int) -> Matrix:
    """Return the matrix as one of its editions was."""
    return _of(rules_of(edition), edition)


def rules_of(edition: int) -> QuerySet[Rule]:
    """Return the rows that an edition of the matrix had."""
    there = Rule.objects.filter(since__lte=edition)
    return there.filter(Q(until=None) | Q(until__gt=edition)).select_related("environment", "since")


def _of(rules: QuerySet[Rule], edition: int) -> Matrix:
    columns = rules.order_by().values_list(*LINE)
    return Matrix.of((Line(row[0] or "", *row[1:]) for row in columns), edition)


def edition_at(moment: datetime) -> int:
    """Return the number of the edition that was in force at a moment; 0 before the first."""
    there = Edition.objects.filter(created_at__lte=moment).aggregate(last=Max("number"))
    return there["last"] or 0


def rules_for(principal: Principal) -> QuerySet[Rule]:
    """Return the rows of every edition, for whoever sees everything; none, for others."""
    rows = Rule.objects.select_related("environment", "since", "until")
    return rows if lookups.sees_everything(principal) else rows.none()


def editions_for(principal: Principal) -> QuerySet[Edition]:
    """Return the history with what came and went, for whoever sees everything."""
    rows = Edition.objects.prefetch_related(
        Prefetch("added", Rule.objects.order_by("pk")),
        Prefetch("ended", Rule.objects.order_by("pk")),
    )
    return rows if lookups.sees_everything(principal) else rows.none()


# Where things are


def place_on(application: Application, environment: str, cluster: Cluster) -> Place:
    """Return what an application's data would be on a cluster, in the words of the matrix."""
    return Place(environment, application.classification, cluster.tier, cluster.region)


def place_of(placement: Placement) -> Place:
    """Return where a placement is; its service, application and cluster are best read with it."""
    service = placement.service
    return place_on(service.application, service.environment_id, placement.cluster)


def misfits(placements: Iterable[Placement], rules: Matrix) -> list[tuple[Placement, Verdict]]:
    """Return the live placements among these that are where the matrix does not allow them."""
    judged = [(each, rules.verdict(place_of(each))) for each in placements if is_live(each)]
    return [(each, verdict) for each, verdict in judged if not verdict.allowed]


def is_live(placement: Placement) -> bool:
    return placement.lifecycle in LIVE


def fits(placements: Iterable[Placement], rules: Matrix) -> bool | None:
    """Say whether everything that lives is where it may be; None where nothing lives."""
    verdicts = [rules.allows(place_of(each)) for each in placements if is_live(each)]
    return all(verdicts) if verdicts else None


@dataclass(frozen=True)
class Tally:
    """How many live placements are at which places, as the database counts them."""

    places: Mapping[Place, int]

    def refused_by(self, rules: Matrix) -> dict[Place, int]:
        """Return the places that the matrix refuses, with how many placements are there."""
        return {each: count for each, count in self.places.items() if not rules.allows(each)}


def tally() -> Tally:
    """Count live placements by place: one query, however many there are."""
    live = Placement.objects.filter(lifecycle__in=LIVE)
    counted = live.order_by().values_list(*PLACE).annotate(Count("pk"))
    return Tally({Place(*row[:4]): row[4] for row in counted})


def placements_at(places: Collection[Place], most: int) -> Sequence[Placement]:
    """Return the first live placements that are at one of these places, with what names them."""
    if not places:
        return []
    # every place has a placement, so that as many places are enough
    wanted = reduce(or_, (_at(each) for each in sorted(places)[:most]))
    found = Placement.objects.filter(wanted, lifecycle__in=LIVE).select_related(
        "service__application__tenant", "service__environment", "cluster"
    )
    return list(found.order_by("service__application__tenant__slug", "namespace", "pk")[:most])


def _at(place: Place) -> Q:
    columns = (place.environment, place.classification, place.tier, place.region)
    return Q(**dict(zip(PLACE, columns, strict=True)))


def offered_places() -> list[tuple[str, str, str]]:
    """Return (environment, tier, region) of all clusters that take something new."""
    taking = Cluster.objects.filter(accepting=True, environments__isnull=False)
    return sorted(set(taking.values_list("environments", "tier", "region")))
