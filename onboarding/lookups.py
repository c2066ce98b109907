"""Orders, drafts and decisions by who is asking. Absent and forbidden look the same."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404

from accounts.machines import Principal
from accounts.models import User
from onboarding.changes import deputies, inbox
from onboarding.changes.deputies import Delegation, represented_by
from onboarding.changes.models import (
    Approval,
    Change,
    ChangeStatus,
    InboxView,
    Question,
    Stage,
)
from onboarding.models import (
    Direction,
    Draft,
    Order,
    Progress,
    Revision,
    RunState,
    StepRun,
    Unlisted,
)
from portal.clock import now
from tenants import lookups as record
from tenants.catalogue import ChangeType, Environment
from tenants.models import Service

Orders = QuerySet[Order]


def _with_rows(orders: Orders) -> Orders:
    return orders.select_related("requester", "tenant", "application", "environment", "service")


def orders_of(principal: Principal) -> Orders:
    """Return the orders that somebody may see, newest first.

    Operators and auditors see all; members see those of their tenants; approvers also those of
    environments that they approve for; a machine those of the tenants that it was granted.
    """
    if record.sees_everything(principal):
        return _with_rows(Order.objects.all())
    visible = Q(tenant__in=record.tenants_of(principal))
    if isinstance(principal, User):
        visible |= Q(requester=principal)
        visible |= may_approve_for(principal) if principal.is_approver else Q()
    return _with_rows(Order.objects.filter(visible))


def order_for(principal: Principal, number: int) -> Order:
    """Return the order if somebody may see it. Raises Http404 otherwise."""
    order = orders_of(principal).filter(pk=number).first()
    if order is None:
        raise Http404
    return order


def order_named(principal: Principal, name: str) -> Order:
    """Return the order with this number or UUID if somebody may see it. Raises Http404."""
    if name.isdigit():
        return order_for(principal, int(name))
    return record.found(orders_of(principal), UUID(name))


STATES = (
    ("open", "Under way"),
    ("waiting", "Waits for approval"),
    ("stuck", "A step needs a person"),
    ("back", "Being taken back"),
    *Progress.choices,
)


def in_state(orders: Orders, state: str) -> Orders:
    """Keep orders that stand like this: one of STATES."""
    match state:
        case "open":
            return orders.filter(ended_as="")
        case "waiting":
            waiting = Change.objects.filter(
                number=OuterRef("change_number"), status=ChangeStatus.AUTHORIZE
            )
            onward = orders.filter(ended_as="", direction=Direction.ONWARD)
            return onward.filter(Exists(waiting)).exclude(change_number="")
        case "stuck":
            held_up = StepRun.objects.filter(order=OuterRef("pk"), state=RunState.STUCK)
            return orders.filter(Exists(held_up), ended_as="")
        case "back":
            return orders.filter(ended_as="", direction=Direction.BACK)
        case _:
            return orders.filter(ended_as=state)


def touched_since(orders: Orders, moment: datetime) -> Orders:
    """Keep orders that were placed, amended, moved by a step, or ended at this time or later."""
    ran = Q(started_at__gte=moment) | Q(acted_at__gte=moment) | Q(finished_at__gte=moment)
    runs = StepRun.objects.filter(ran, order=OuterRef("pk"))
    revisions = Revision.objects.filter(order=OuterRef("pk"), made_at__gte=moment)
    return orders.filter(Q(ended_at__gte=moment) | Exists(runs) | Exists(revisions))


MOMENTS = {"submitted": "submitted_at", "started": "change_started_at", "ended": "ended_at"}


def from_day(orders: Orders, moment: str, day: date) -> Orders:
    """Keep orders that were submitted, started or ended (MOMENTS) on this day or later, in UTC."""
    return orders.filter(**{f"{MOMENTS[moment or 'submitted']}__gte": _midnight(day)})


def to_day(orders: Orders, moment: str, day: date) -> Orders:
    """Keep orders that were submitted, started or ended on this day or earlier, in UTC."""
    if day >= date.max:
        return orders.exclude(**{MOMENTS[moment or "submitted"]: None})
    after = _midnight(day + timedelta(days=1))
    return orders.filter(**{f"{MOMENTS[moment or 'submitted']}__lt": after})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def may_approve_for(user: User) -> Q:
    """Return the condition on orders that this person's groups decide on, in whichever stage.

    Before its change is opened an order is theirs where its environment names such a group. What
    policy approves is decided by nobody, so being an approver shows none of it.
    """
    voters = [user, *represented_by(user)]
    groups = list(Group.objects.filter(user__in=voters).values_list("name", flat=True).distinct())
    asked = inbox.in_groups(Stage.objects.filter(change__order_uuid=OuterRef("uuid")), groups)
    foreseen = Q(environment__approver_group__in=[*groups, ""]) & Q(
        environment__change_type=ChangeType.NORMAL
    )
    return foreseen | Q(Exists(asked))


def own_under_way(user: User) -> Orders:
    """Return the person's own orders that are not over."""
    return _with_rows(Order.objects.filter(requester=user, ended_as=""))


def own_ended_since(user: User, days: int) -> Orders:
    """Return the person's own orders that ended in the last days, the latest first."""
    since = now() - timedelta(days=days)
    return _with_rows(
        Order.objects.filter(requester=user, ended_at__gte=since).order_by("-ended_at")
    )


def inbox_of(user: User) -> Orders:
    """Return the orders that wait for this person's approval; `changes/inbox.py` says which."""
    mine = inbox.waiting_for(user).filter(
        number=OuterRef("change_number"), order_uuid=OuterRef("uuid")
    )
    return _with_rows(Order.objects.filter(Exists(mine)).exclude(change_number=""))


def decided_by(user: User) -> QuerySet[Approval]:
    """Return what this person decided, or what was decided in their place, the latest first."""
    theirs = Approval.objects.filter(Q(person=user) | Q(voter=user)).order_by("-pk")
    return theirs.select_related("change", "person", "voter")


def with_orders(approvals: Iterable[Approval]) -> list[tuple[Approval, Order]]:
    """Return decisions with the orders that they were about, by one more query."""
    shown = list(approvals)
    orders = _with_rows(Order.objects.filter(uuid__in=[each.change.order_uuid for each in shown]))
    by_uuid = {order.uuid: order for order in orders}
    return [(each, by_uuid[each.change.order_uuid]) for each in shown]


def stuck(user: User) -> Orders:
    """Return visible orders in which a step needs a person."""
    held_up = StepRun.objects.filter(order=OuterRef("pk"), state=RunState.STUCK)
    return orders_of(user).filter(Exists(held_up), ended_as="")


def stuck_before_start() -> Orders:
    """Return orders that wait for a person while their change has not started; for the sweeper."""
    held_up = StepRun.objects.filter(order=OuterRef("pk"), state=RunState.STUCK)
    onward = Order.objects.filter(Exists(held_up), ended_as="", direction=Direction.ONWARD)
    return _with_rows(onward.filter(change_started_at=None).exclude(change_number=""))


# what pages and steps read of a change
HANGS_ON = (
    "stages__groups",
    "approvals__person",
    "approvals__voter",
    "questions__asked_by",
    "questions__answered_by",
)


def change_of(order: Order) -> Change | None:
    """Return the order's current change in the built-in system, with what hangs on it."""
    return change_numbered(order.change_number) if order.change_number else None


def changes_of(order: Order) -> QuerySet[Change]:
    """Return every change of the order in the built-in system, the first one first."""
    found = Change.objects.filter(order_uuid=order.uuid).order_by("pk")
    return found.prefetch_related(*HANGS_ON)


def questions_of(order: Order) -> QuerySet[Question]:
    """Return what approvers asked about the order, with the answers, the first one first."""
    found = Question.objects.filter(change__order_uuid=order.uuid)
    return found.select_related("asked_by", "answered_by")


def asked_of(user: User) -> list[tuple[Question, Order]]:
    """Return what approvers want to know about the person's own orders, with the orders."""
    own = Order.objects.filter(requester=user, ended_as="", direction=Direction.ONWARD)
    orders = {order.uuid: order for order in _with_rows(own)}
    asked = Question.objects.filter(
        change__order_uuid__in=orders, change__status=ChangeStatus.AUTHORIZE, answered_at=None
    )
    return [
        (each, orders[each.change.order_uuid])
        for each in asked.select_related("asked_by", "change")
    ]


def order_of_change(principal: Principal, number: str) -> Order:
    """Return the order that a change is about, if somebody may see it. Raises Http404."""
    about = Change.objects.filter(number=number).values("order_uuid")
    order = orders_of(principal).filter(uuid__in=about).first() if number else None
    if order is None:
        raise Http404
    return order


def change_numbered(number: str) -> Change | None:
    """Return the change with this number in the built-in system, with what hangs on it."""
    return Change.objects.filter(number=number).prefetch_related(*HANGS_ON).first()


def delegations_of(user: User) -> QuerySet[Delegation]:
    """Return whom the person asked to decide in their place, and who asked them, until it is over.

    Operators see everybody's.
    """
    if user.is_operator:
        return deputies.lasting()
    return deputies.of(user)


def views_of(user: User) -> QuerySet[InboxView]:
    """Return the person's own views of their inbox."""
    return InboxView.objects.filter(person=user)


def view_for(user: User, uuid: UUID) -> InboxView:
    """Return a view of the person's own. Raises Http404 for anybody else's."""
    return record.found(views_of(user), uuid)


def environments() -> list[Environment]:
    """Return every environment, to filter by."""
    return list(record.environments())


def possible_deputy(user: User, uuid: UUID) -> User:
    """Return an approver whom the person could ask. Raises Http404."""
    return record.found(deputies.possible(user), uuid)


def delegation_for(user: User, uuid: UUID) -> Delegation:
    """Return a delegation that the person may see. Raises Http404."""
    return record.found(delegations_of(user), uuid)


def service_of(order: Order) -> QuerySet[Service]:
    """Return the service that the order is about, once it is in the record."""
    return Service.objects.filter(orders=order).select_related("application")


def family_of(user: User, order: Order) -> Orders:
    """Return the visible orders that came from the same form, without this one."""
    return orders_of(user).filter(family=order.family).exclude(pk=order.pk)


def orders_of_service(user: User, service_id: int) -> Orders:
    """Return the visible orders of a service."""
    return orders_of(user).filter(service=service_id)


def drafts_of(user: User) -> QuerySet[Draft]:
    """Return the person's half-filled forms, the latest first."""
    return Draft.objects.filter(person=user).order_by("-changed_at")


def draft_for(user: User, uuid: UUID) -> Draft:
    """Return the person's own draft. Raises Http404 for anybody else's."""
    draft = Draft.objects.filter(person=user, uuid=uuid).first()
    if draft is None:
        raise Http404
    return draft


def unlisted_open() -> QuerySet[Unlisted]:
    """Return the wishes for applications that are not listed and that nobody settled yet."""
    return Unlisted.objects.filter(settled_at=None).select_related("person")


def unlisted_for(user: User, number: int) -> Unlisted:
    """Return an unlisted wish for an operator. Raises Http404 for anybody else."""
    wish = Unlisted.objects.filter(pk=number).first()
    if wish is None or not user.is_operator:
        raise Http404
    return wish


def earlier_orders(user: User, order: Order) -> Orders:
    """Return the visible orders of the same application, without this one, newest first."""
    return orders_of(user).filter(application=order.application_id).exclude(pk=order.pk)


def order_counts(user: User) -> list[tuple[str, str, int]]:
    """Count the visible orders in one look, by what they ended as and by environment."""
    visible = orders_of(user).order_by()
    return list(visible.values_list("ended_as", "environment_id").annotate(Count("pk")))
