"""Which other open orders an order meets: at its application, on its clusters, of its owner.

Orders of one form belong together and are no conflict; orders whose change windows do not overlap
never meet. A conflict keeps nobody from anything: it is told to those who decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from onboarding import lookups
from onboarding.changes.models import Change
from onboarding.models import Direction, Order
from portal.clock import now
from tenants.lifecycle import LIVE
from tenants.models import Application, Claim, ClaimKind, Cluster, Placement

LISTED = 5  # of the orders that are met; the others are counted


class Meeting(StrEnum):
    """Where orders meet."""

    APPLICATION = "application"
    CLUSTER = "cluster"
    OWNER = "owner"


@dataclass(frozen=True)
class Undertaking:
    """An order, or what would become one, as far as others can meet it.

    From `begin` to `end`, None where that is not known. Before submit it has no number, and
    belongs to no others unless it amends an order.
    """

    application: Application
    clusters: Sequence[Cluster]
    begin: datetime | None = None
    end: datetime | None = None
    family: UUID = field(default_factory=uuid4)
    order: int = 0


@dataclass(frozen=True)
class Conflict:
    """The other open orders at one place: how many, how many at work, and the first of them."""

    meeting: Meeting
    on: str  # slug of the application or cluster, or name of the owner
    count: int
    at_work: int
    orders: tuple[int, ...]

    @property
    def words(self) -> str:
        """Say it without naming any of the orders."""
        others = "1 other order is" if self.count == 1 else f"{self.count} other orders are"
        working = f", {self.at_work} of them at work" if self.at_work else ""
        return f"{others} open {WHERE[self.meeting].format(self.on)}{working}."

    def as_json(self) -> Mapping[str, Any]:
        """Return it as it is stored."""
        return asdict(self) | {"orders": list(self.orders), "words": self.words}


WHERE = {
    Meeting.APPLICATION: "for application {}",
    Meeting.CLUSTER: "on cluster {}",
    Meeting.OWNER: "for other applications of owner {}",
}


def met_by(mine: Undertaking) -> list[Conflict]:
    """Return what an undertaking meets now, the nearest first."""
    others = _meeting_in_time(mine)
    places = [
        (Meeting.APPLICATION, mine.application.slug, others.filter(application=mine.application)),
        *(
            (Meeting.CLUSTER, each.slug, _on(others, each))
            for each in sorted(mine.clusters, key=lambda each: each.slug)
        ),
        (Meeting.OWNER, str(mine.application.owner), _of_owner(others, mine.application)),
    ]
    return [found for place in places for found in _conflict(*place)]


def _meeting_in_time(mine: Undertaking) -> QuerySet[Order]:
    """Return other open orders on their way, but for those whose window lies apart."""
    apart = Q(window_end__lte=mine.begin or now())
    if mine.end is not None:
        apart |= Q(window_start__gte=mine.end)
    windows = Change.objects.filter(apart, number=OuterRef("change_number")).exclude(number="")
    open_orders = Order.objects.filter(ended_as="", direction=Direction.ONWARD)
    return open_orders.exclude(pk=mine.order).exclude(family=mine.family).exclude(Exists(windows))


def _on(others: QuerySet[Order], cluster: Cluster) -> QuerySet[Order]:
    """Keep orders with a name claimed on the cluster, or whose service is there."""
    claimed = Claim.objects.filter(
        kind=ClaimKind.NAMESPACE, scope=str(cluster.uuid), released_at=None
    )
    placed = Placement.objects.filter(cluster=cluster, lifecycle__in=LIVE)
    return others.filter(
        Q(uuid__in=claimed.values("order_uuid")) | Q(service__in=placed.values("service"))
    )


def _of_owner(others: QuerySet[Order], application: Application) -> QuerySet[Order]:
    return others.filter(application__owner=application.owner_id).exclude(application=application)


def _conflict(meeting: Meeting, on: str, orders: QuerySet[Order]) -> Iterator[Conflict]:
    """Yield the conflict with these orders, if there are any; those at work come first."""
    count = orders.count()
    if not count:
        return
    at_work = orders.exclude(change_started_at=None).count()
    first = orders.order_by(F("change_started_at").asc(nulls_last=True), "pk")
    numbers = first.values_list("pk", flat=True)[:LISTED]
    yield Conflict(meeting, on, count, at_work, tuple(numbers))


def shown(conflicts: Sequence[Conflict], by: User) -> list[tuple[Conflict, list[Order]]]:
    """Return conflicts with those of their orders that somebody may see."""
    numbers = {number for each in conflicts for number in each.orders}
    visible = {order.pk: order for order in lookups.orders_of(by).filter(pk__in=numbers)}
    return [
        (each, [visible[number] for number in each.orders if number in visible])
        for each in conflicts
    ]
