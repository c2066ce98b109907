"""One look at an order: take what is due, step after step, then let go.

The database is the only memory. A look may be asked for twice, late or never without harm.
"""

import logging
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction

from onboarding.engine import agenda, lease, runs
from onboarding.engine.agenda import History, Item
from onboarding.engine.lease import Lease, Lost
from onboarding.engine.steps import Outcome, Step, Story, Task, Tools, Wait
from onboarding.models import Direction, Order
from portal import logs
from portal.clock import now
from portal.errors import BerthError, DatabaseBusy, WindowClosed
from tenants.models import Placement

# The queue breaks off a job after ten minutes, wherever it is; we stop between two steps.
LONGEST_LOOK = timedelta(minutes=5)
LOOK_AGAIN = timedelta(minutes=5)  # at a closed window; who changes the calendar rings the bell
WAITS_FOR = 200  # characters that a run keeps of it

log = logging.getLogger(__name__)


def look(order_id: int, story: Story, tools: Tools, *, owner: str) -> None:
    """Carry the order on as far as it goes now.

    `owner` names this worker; it is written beside the lease for people to read.
    """
    held = lease.take(order_id, owner)
    if held is None:
        return
    until = now() + LONGEST_LOOK
    try:
        _take_what_is_due(held, story, tools, until)
        while now() < until:
            if lease.release(held):
                return
            held = lease.heard(held)
            _take_what_is_due(held, story, tools, until)
    except Lost:
        log.info("order %s: the lease went elsewhere, nothing was written", order_id)
    lease.drop(held)


def _take_what_is_due(held: Lease, story: Story, tools: Tools, until: datetime) -> None:
    while now() < until:
        order = _read(held)
        history = History(order.runs.all(), order.revision_number)
        if order.is_over:
            return
        item, done = _next(order, story, history)
        if done:
            _end(held, order)
            return
        if item is None:
            return
        with logs.about(step=item.step.name):
            _take(held, order, history, item, story, tools)


def _read(held: Lease) -> Order:
    """Read the order anew, with the rows that nearly every step asks for."""
    about = ("application__tenant", "environment", "service")
    return Order.objects.select_related(*about).get(pk=held.order_id)


def _next(order: Order, story: Story, history: History) -> tuple[Item | None, bool]:
    if order.direction == Direction.BACK:
        return agenda.back(story.steps, history, now())
    placements = Placement.objects.filter(service=order.service_id).order_by("pk")
    lanes = list(placements.values_list("pk", flat=True)) if order.service_id else []
    return agenda.onward(story.steps, history, lanes, now())


def _end(held: Lease, order: Order) -> None:
    """An order that went back all the way ends as it was turned round."""
    with transaction.atomic():
        ended = Order.objects.filter(
            pk=order.pk, fence=held.fence, direction=Direction.BACK, ended_as=""
        ).update(ended_as=order.back_as, ended_at=now(), next_try_at=None, **runs.OVER)
        if not ended:
            raise Lost
        runs.close_all(order)
        runs.tell(order, "ended", order.back_reason)


def _take(
    held: Lease, order: Order, history: History, item: Item, story: Story, tools: Tools
) -> None:
    run = runs.intend(held, order, item, history)
    task = Task(
        order=order,
        revision=order.revisions.get(number=order.revision_number),
        run=run,
        fence=held.fence,
        placement=_placement(item.placement_id),
    )
    try:
        outcome = _act(held, item.step, task, story, tools)
    except WindowClosed as closed:
        runs.conclude(held, order, run, _waiting_until_open(closed))
    except BerthError as error:
        log.info("order %s: %s: %s", order.pk, item.step.name, error.code)
        runs.fail(held, order, run, error)
    except Lost:
        raise
    except OperationalError as error:
        # a lock that was not given, a server that restarts: of the database, not of the step
        log.warning("order %s: %s: %s", order.pk, item.step.name, error)
        if not connection.is_usable():
            connection.close()
        runs.fail(held, order, run, DatabaseBusy(type(error).__name__))
    except Exception:
        # the one broad catch: a bug in one step must not stop the loop for other orders
        log.exception("order %s: %s failed in a way nobody foresaw", order.pk, item.step.name)
        runs.fail_unforeseen(held, order, run)
    else:
        runs.conclude(held, order, run, outcome)


def _act(held: Lease, step: Step, task: Task, story: Story, tools: Tools) -> Outcome:
    if task.order.direction == Direction.BACK:
        if step.undo is None:
            raise LookupError(f"{step.name} cannot be undone")
        return step.undo(task, tools)
    if step.guarded:
        story.guard(task, tools)
        lease.renew(held)  # the guard asks others, who may have taken longer than the lease
    return step.do(task, tools)


def _waiting_until_open(closed: WindowClosed) -> Wait:
    """A closed window is nobody's failure, so no attempt is counted and nothing tries harder."""
    return Wait(
        "This step does nothing until then.", closed.waits_for[:WAITS_FOR], LOOK_AGAIN, closed
    )


def _placement(placement_id: int | None) -> Placement | None:
    if placement_id is None:
        return None
    return Placement.objects.select_related("cluster", "tenant_cluster").get(pk=placement_id)
