"""Whether the clusters that an order was given may still hold its application's data.

An order keeps the clusters its approver saw: where the matrix refuses one of them, it goes back.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, F, QuerySet

from onboarding.form import answers
from onboarding.models import Direction, Kind, Order, Revision, StepRun
from portal.errors import PlaceRefused
from tenants import matrix
from tenants.eligibility import Matrix
from tenants.models import Application, Cluster

LAST_CHECKED = "prime"  # the last step whose guard asks; after it the data is where it is


def clusters_of(revision: Revision) -> QuerySet[Cluster]:
    """Return the clusters that a revision was given."""
    spots = answers.read_allotted(revision.allotted).spots
    return Cluster.objects.filter(uuid__in=[spot.cluster for spot in spots])


def refuse_ineligible(order: Order, revision: Revision) -> None:
    """Raise PlaceRefused in words where the matrix, as it is now, refuses one of its clusters.

    Application and clusters are read anew: their classification, tier and region may have changed.
    """
    application = Application.objects.get(pk=order.application_id)
    rules = matrix.in_force()
    for cluster in clusters_of(revision):
        verdict = rules.verdict(matrix.place_on(application, order.environment_id, cluster))
        if not verdict.allowed:
            raise PlaceRefused(f"On {cluster.slug}: {verdict.words}")


@dataclass(frozen=True)
class Stopped:
    """An order that goes back once a matrix is in force, and why."""

    order: Order
    cluster: Cluster
    words: str


def stopped_by(after: Matrix, *, but_for: Matrix) -> list[Stopped]:
    """Return the open orders that one matrix stops and another does not, the oldest first.

    For whoever changes the matrix. Orders that have brought everything to their clusters go on.
    """
    clusters = {each.uuid: each for each in Cluster.objects.all()}
    primed = _primed()
    found: list[Stopped] = []
    for revision in _open():
        spots = answers.read_allotted(revision.allotted).spots
        if spots and primed.get((revision.order_id, revision.number), 0) >= len(spots):
            continue
        places = [clusters[spot.cluster] for spot in spots if spot.cluster in clusters]
        found.extend(list(_stops(revision.order, places, after, but_for))[:1])
    return found


def _stops(
    order: Order, clusters: list[Cluster], after: Matrix, before: Matrix
) -> Iterator[Stopped]:
    places = {
        each.pk: matrix.place_on(order.application, order.environment_id, each) for each in clusters
    }
    if not all(before.allows(place) for place in places.values()):
        return  # it goes back anyway
    for cluster in clusters:
        verdict = after.verdict(places[cluster.pk])
        if not verdict.allowed:
            yield Stopped(order, cluster, verdict.words)


def _open() -> Iterator[Revision]:
    """Yield the present revisions of orders for new berths that are on their way."""
    mine = Revision.objects.filter(
        order__kind=Kind.ONBOARD,
        order__ended_as="",
        order__direction=Direction.ONWARD,
        order__settled_at=None,
        number=F("order__revision_number"),
    )
    named = mine.select_related("order__application__tenant", "order__environment")
    yield from named.order_by("order_id")


def _primed() -> dict[tuple[int, int], int]:
    """Count for orders that are on their way the placements that have been primed."""
    done = StepRun.objects.filter(
        step=LAST_CHECKED, direction=Direction.ONWARD, succeeded=True, order__ended_as=""
    )
    counted = done.order_by().values_list("order_id", "revision")
    return {
        (order, revision): count
        for order, revision, count in counted.annotate(Count("placement", distinct=True))
    }
