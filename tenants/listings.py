"""How lists of records are searched, put in order and counted. They are found by lookups before."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Case, CharField, Count, Func, Model, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, LPad

from accounts import lookups as door
from tenants import counts, reviews
from tenants.lifecycle import LIVE, Lifecycle
from tenants.models import Application, Cluster, Membership, Placement, Service, Tenant
from tenants.reviews import Standing

Row = TypeVar("Row", bound=Model)
MOST_WORDS = 5  # of a search; each is a condition on every column


def searched(rows: QuerySet[Row], text: str, columns: Sequence[str]) -> QuerySet[Row]:
    """Return the rows in which every word of the text stands in one of the columns."""
    for word in text.replace("\0", "").split()[:MOST_WORDS]:
        match = Q()
        for column in columns:
            match |= Q(**{f"{column}__icontains": word})
        rows = rows.filter(match)
    return rows


def services_in_place(rows: QuerySet[Service]) -> QuerySet[Any]:
    """Give services the unique key `place`: it sorts by tenant, application and environment."""
    rank = LPad(_text("environment__rank"), 5, Value("0"))
    slugs = _text("application__tenant__slug"), _text("application__slug")
    return rows.annotate(place=_joined(*slugs, rank, _text("pk")))


def _text(column: str) -> Cast:
    return Cast(column, CharField())


def _joined(*parts: Func) -> Concat:
    """Join with blanks: they sort before all of a slug, so that `a` and its own precede `a-b`."""
    return Concat(*(each for part in parts for each in (part, Value(" "))))


def applications_in_place(rows: QuerySet[Application]) -> QuerySet[Any]:
    """Give applications the unique key `place`: it sorts by tenant and application."""
    return rows.annotate(place=_joined(_text("tenant__slug"), _text("slug")))


def with_services(rows: QuerySet[Application]) -> QuerySet[Any]:
    """Count the live services of applications."""
    live = Service.objects.filter(lifecycle__in=LIVE)
    return rows.annotate(service_count=counts.of(live, "application"))


def with_placements(rows: QuerySet[Service]) -> QuerySet[Service]:
    """Add to services where they live, for the column of clusters."""
    places = Placement.objects.filter(lifecycle__in=LIVE).select_related("cluster")
    return rows.prefetch_related(Prefetch("placements", places, to_attr="live_placements"))


def with_reviews(rows: QuerySet[Service]) -> QuerySet[Any]:
    """Say of services how their review stands, by the words of `reviews.Standing`."""
    asked = Q(review_due__isnull=False) & ~Q(lifecycle__in=reviews.NOT_ASKED)
    return rows.annotate(
        review_standing=Case(
            When(reviews.overdue(), then=Value(Standing.OVERDUE)),
            When(reviews.soon(), then=Value(Standing.SOON)),
            When(asked, then=Value(Standing.LATER)),
            default=Value(Standing.NONE),
            output_field=CharField(),
        )
    )


def in_review(rows: QuerySet[Service], word: str) -> QuerySet[Service]:
    """Keep services whose owner is asked (`overdue`, `soon`) or has `left`; else keep all."""
    asked = _reviews().get(word)
    return rows if asked is None else rows.filter(asked)


def by_review(rows: QuerySet[Service]) -> Mapping[str, int]:
    """Count services by the words of `in_review`, in one look at them all."""
    counts = {word: Count("pk", filter=asked) for word, asked in _reviews().items()}
    return rows.aggregate(**counts)


def _reviews() -> Mapping[str, Q]:
    left = Q(door.left("owner"), lifecycle__in=LIVE)
    return {"overdue": reviews.overdue(), "soon": reviews.soon(), "left": left}


def tenants_with_counts(rows: QuerySet[Tenant]) -> QuerySet[Any]:
    """Count what tenants have: members, applications in use."""
    in_use = Application.objects.filter(retired_at=None)
    return rows.annotate(
        member_count=counts.of(Membership.objects.all(), "tenant"),
        application_count=counts.of(in_use, "tenant"),
    )


def clusters_with_counts(rows: QuerySet[Cluster]) -> QuerySet[Any]:
    """Count the live placements of clusters."""
    live_here = Placement.objects.filter(lifecycle__in=LIVE)
    return rows.annotate(placement_count=counts.of(live_here, "cluster"))


def live(rows: QuerySet[Placement]) -> QuerySet[Placement]:
    """Return placements that are not retired."""
    return rows.exclude(lifecycle=Lifecycle.RETIRED)


def tally(rows: QuerySet[Row], column: str, label: str) -> list[tuple[str, str, int]]:
    """Return (value, label, number of rows) for each value of a column, in order of the label.

    No condition on the rows may join what there are several of: each row counts as often as it is
    found, which spares sorting them all.
    """
    counted = rows.order_by(label).values_list(column, label)
    return list(counted.annotate(Count("pk")))
