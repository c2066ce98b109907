"""What waits for somebody's decision: changes in the order in which they are due, in stretches.

The rows are changes and not orders, because the next due ones are found by an index of theirs
however many are open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from onboarding.changes.deputies import represented_by
from onboarding.changes.models import (
    Approval,
    Change,
    ChangeStatus,
    Question,
    Stage,
    StageGroup,
)
from onboarding.models import Direction, Kind, Order, Revision
from portal.clock import now

COUNTED = 99  # whoever has more waiting reads "99+", which is as much help and found at once
SOON = timedelta(days=1)
DUE = {"day": "Within a day", "asked": "With an open question", "lent": "In somebody's place"}


def waiting_for(user: User) -> QuerySet[Change]:
    """Return the changes that this person can decide on now.

    What they asked for or amended themselves and what they decided already is not among them; nor
    is what somebody in whose place they decide could not decide.
    """
    if not user.is_approver:
        return Change.objects.none()
    lent = [_has_vote(voter) & _not_theirs(voter) for voter in represented_by(user)]
    return _open().filter(reduce(or_, [_has_vote(user), *lent]), _not_theirs(user), _under_way())


def _open() -> QuerySet[Change]:
    in_time = Q(expires_at__gt=now()) | Q(paused_at__isnull=False)
    return Change.objects.filter(in_time, status=ChangeStatus.AUTHORIZE).order_by(
        "expires_at", "pk"
    )


def _has_vote(voter: User) -> Q:
    """Return the condition on changes in whose open stage this person has a vote to give."""
    groups = list(voter.groups.values_list("name", flat=True))
    here = Stage.objects.filter(change=OuterRef("pk"), opened_at__isnull=False, ended_at=None)
    return Q(Exists(in_groups(here, groups)))


def in_groups(stages: QuerySet[Stage], groups: list[str]) -> QuerySet[Stage]:
    """Keep stages in which members of these groups decide."""
    named = StageGroup.objects.filter(stage=OuterRef("pk"), name__in=groups)
    return stages.filter(Q(is_anybodys=True) | Exists(named))


def _not_theirs(person: User) -> Q:
    """Return the condition on changes whose order the person neither made nor decided on."""
    decided = Approval.objects.filter(
        Q(person=person) | Q(voter=person), change=OuterRef("pk"), taken_back_at=None
    )
    amended = Revision.objects.filter(order=OuterRef("pk"), made_by=person)
    own = Order.objects.filter(Q(requester=person) | Exists(amended), uuid=OuterRef("order_uuid"))
    return ~Q(Exists(decided)) & ~Q(Exists(own))


def _under_way() -> Q:
    # not asked here is whether the order has just left this change: a second column in the join
    # makes PostgreSQL expect one row, and sort all of them instead of taking the next due
    there = Order.objects.filter(
        uuid=OuterRef("order_uuid"), ended_as="", direction=Direction.ONWARD
    )
    return Q(Exists(there))


def count_for(user: User) -> int:
    """Count what waits for this person, up to COUNTED and one more."""
    return waiting_for(user).order_by()[: COUNTED + 1].count()


@dataclass(frozen=True)
class Wanted:
    """What of an inbox is looked at: values of its filters, each empty for everything."""

    environment: str = ""
    kind: str = ""
    due: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Read an address; what means nothing there stands for everything."""
        kind, due = query.get("kind", ""), query.get("due", "")
        return cls(
            environment=query.get("environment", "")[:63],
            kind=kind if kind in Kind.values else "",
            due=due if due in DUE else "",
        )


def narrowed(changes: QuerySet[Change], wanted: Wanted, user: User) -> QuerySet[Change]:
    """Keep what is looked at."""
    orders = Order.objects.filter(uuid=OuterRef("order_uuid"))
    if wanted.environment:
        changes = changes.filter(Exists(orders.filter(environment=wanted.environment)))
    if wanted.kind:
        changes = changes.filter(Exists(orders.filter(kind=wanted.kind)))
    match wanted.due:
        case "day":
            return changes.filter(expires_at__lte=now() + SOON)
        case "asked":
            return changes.filter(
                Exists(Question.objects.filter(change=OuterRef("pk"), answered_at=None))
            )
        case "lent":
            return changes.exclude(_has_vote(user))
        case _:
            return changes


@dataclass(frozen=True)
class Stretch:
    """A stretch of an inbox: orders with their changes, and the cursor behind it, if it goes on."""

    lines: Sequence[tuple[Order, Change]]
    after: str = ""


def stretch(changes: QuerySet[Change], *, after: str = "", size: int) -> Stretch:
    """Return so many of them behind a cursor; one that means nothing shows the beginning."""
    found = list(_behind(changes, after).prefetch_related("stages__groups")[: size + 1])
    shown = found[:size]
    orders = Order.objects.filter(uuid__in=[each.order_uuid for each in shown]).select_related(
        "requester", "tenant", "application", "environment", "service"
    )
    by_uuid = {each.uuid: each for each in orders}
    lines = [
        (order, each)
        for each in shown
        if (order := by_uuid.get(each.order_uuid)) and order.change_number == each.number
    ]
    more = len(found) > size
    return Stretch(lines, f"{shown[-1].expires_at.isoformat()}~{shown[-1].pk}" if more else "")


def _behind(changes: QuerySet[Change], cursor: str) -> QuerySet[Change]:
    due, _, pk = cursor.partition("~")
    try:
        moment, number = datetime.fromisoformat(due), int(pk[:18])
    except ValueError:
        return changes
    if moment.tzinfo is None:
        return changes
    return changes.filter(Q(expires_at__gt=moment) | Q(expires_at=moment, pk__gt=number))
