"""The calendar as it is now: which windows count, who may read them, and what an order meets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import Http404

from accounts.machines import Principal
from onboarding.calendar.models import WindowEdition
from onboarding.calendar.windows import Closure, Place, Slot, Window, closed_by, next_free
from onboarding.changes.models import Change
from onboarding.form import answers
from onboarding.models import Direction, Order, Revision
from onboarding.plans.places import clusters_of
from portal.clock import now
from portal.errors import RecordMoved
from tenants import lookups as record
from tenants.models import Cluster

MOVED = "Somebody else has changed or withdrawn this window since you looked."
ROLLOUT = timedelta(hours=1)  # what a slot for an order has at least

# What is there


def editions() -> QuerySet[WindowEdition]:
    return WindowEdition.objects.select_related("cluster", "tenant")


def editions_for(principal: Principal) -> QuerySet[WindowEdition]:
    """Return the editions that somebody may see: those of a tenant are its own people's."""
    if record.sees_everything(principal):
        return editions()
    return editions().filter(Q(tenant=None) | Q(tenant__in=record.tenants_of(principal)))


def edition_for(principal: Principal, uuid: UUID) -> WindowEdition:
    """Return an edition to change. Raises Http404, and RecordMoved for one that was ended."""
    found = editions_for(principal).filter(uuid=uuid).first()
    if found is None:
        raise Http404
    if found.ended_at is not None:
        raise RecordMoved(MOVED)
    return found


def counting(rows: QuerySet[WindowEdition], moment: datetime) -> QuerySet[WindowEdition]:
    """Keep what is in force and has not seen its last time yet."""
    return rows.filter(Q(over_at=None) | Q(over_at__gt=moment), ended_at=None)


def windows(moment: datetime) -> list[Window]:
    """Return every window that closes or opens something at this moment or later."""
    return [each.as_window for each in counting(editions(), moment)]


# What an order meets


def places_of(order: Order, revision: Revision) -> list[Place]:
    """Return where an order acts: on the clusters that this revision was given."""
    return on(order.tenant.slug, clusters_of(revision))


def places_named(tenant: str, clusters: Sequence[str]) -> list[Place]:
    """Return the places of a tenant on clusters of these slugs."""
    return on(tenant, Cluster.objects.filter(slug__in=clusters))


def on(tenant: str, clusters: Iterable[Cluster]) -> list[Place]:
    return [Place(tenant, each.slug, each.region) for each in clusters]


def closure(places: Iterable[Place]) -> Closure | None:
    """Return what closes the first of these places that is closed now, or None."""
    moment = now()
    there = windows(moment)
    found = (closed_by(moment, place, there) for place in sorted(places))
    return next((each for each in found if each is not None), None)


@dataclass(frozen=True)
class Ahead:
    """What the calendar holds for an order: what closes it now, and its next free slot."""

    closures: Sequence[Closure]
    slot: Slot | None
    is_too_late: bool = False  # an approval would have lapsed by then

    @property
    def is_free(self) -> bool:
        """Say whether it could begin now."""
        return not self.closures and self.slot is not None and self.slot.begin <= now()


def ahead_of(order: Order, change: Change | None, *, length: timedelta = ROLLOUT) -> Ahead | None:
    """Look ahead for an order and its change; nothing for one that is over or goes back."""
    if order.is_over or order.direction == Direction.BACK:
        return None
    revision = order.revisions.get(number=order.revision_number)
    return ahead(places_of(order, revision), by=change.due_at if change else None, length=length)


def ahead(
    places: Sequence[Place], *, by: datetime | None = None, length: timedelta = ROLLOUT
) -> Ahead:
    """Look ahead for something that would happen at these places; `by` is when it must begin."""
    moment = now()
    there = windows(moment)
    found = [closed_by(moment, place, there) for place in sorted(places)]
    slot = next_free(moment, length, places, there)
    late = by is not None and (slot is None or slot.begin >= by)
    return Ahead([each for each in found if each is not None], slot, late)


@dataclass(frozen=True)
class Held:
    """An order on its way that a set of windows holds now."""

    order: Order
    closure: Closure


def held_by(there: Sequence[Window]) -> list[Held]:
    """Return orders on their way that these windows hold now, the oldest first."""
    moment, found = now(), []
    for order, places in _on_their_way():
        closures = (closed_by(moment, place, there) for place in sorted(places))
        first = next((each for each in closures if each is not None), None)
        if first is not None:
            found.append(Held(order, first))
    return found


def _on_their_way() -> list[tuple[Order, list[Place]]]:
    """Return open orders that go onward, with where they act; by as many queries as ever."""
    mine = Revision.objects.filter(
        order__ended_as="", order__direction=Direction.ONWARD, number=F("order__revision_number")
    )
    rows = mine.select_related("order__tenant", "order__application", "order__environment")
    clusters = {each.uuid: each for each in Cluster.objects.all()}
    return [
        (each.order, on(each.order.tenant.slug, _clusters_of(each, clusters)))
        for each in rows.order_by("order_id")
    ]


def _clusters_of(revision: Revision, clusters: dict[UUID, Cluster]) -> list[Cluster]:
    spots = answers.read_allotted(revision.allotted).spots
    return [clusters[spot.cluster] for spot in spots if spot.cluster in clusters]
