"""What is kept about an order that was looked up: runs, plan, evidence, entries, placements."""

from collections.abc import Iterable, Sequence
from typing import Any

from audit import lookups as ledger
from audit.lookups import Line
from onboarding import stories
from onboarding.display import exhibits, reasons
from onboarding.display.reasons import Voice
from onboarding.display.timeline import Row, rows
from onboarding.models import Evidence, Order, Plan, Revision, StepRun
from onboarding.plans import drafting, in_force
from onboarding.plans.places import clusters_of
from tenants.models import Delivery, Placement


def steps_of(order: Order) -> list[Row]:
    """Return the order's timeline."""
    return _rows(order, list(order.runs.all()), placements_of(order))


def steps_of_many(orders: Sequence[Order]) -> dict[int, list[Row]]:
    """Return the timelines of several orders by their numbers, with two queries for all."""
    runs: dict[int, list[StepRun]] = {order.pk: [] for order in orders}
    for run in StepRun.objects.filter(order__in=orders):
        runs[run.order_id].append(run)
    places: dict[int, list[Placement]] = {}
    wanted = [order.service_id for order in orders if order.service_id]
    for place in Placement.objects.filter(service__in=wanted).select_related("cluster"):
        places.setdefault(place.service_id, []).append(place)
    return {
        order.pk: _rows(order, runs[order.pk], places.get(order.service_id or 0, ()))
        for order in orders
    }


def _rows(order: Order, runs: Sequence[StepRun], places: Iterable[Placement]) -> list[Row]:
    clusters = {place.pk: place.cluster.slug for place in places}
    return rows(stories.of(order).steps, runs, clusters, order.revision_number)


def placements_of(order: Order) -> Sequence[Placement]:
    """Return where the order's service is placed; nothing before it is in the record."""
    if order.service_id is None:
        return []
    return list(Placement.objects.filter(service=order.service_id).select_related("cluster"))


def is_rehearsed(order: Order) -> bool:
    """Say whether a rehearsal cluster is among those that the order was given."""
    return clusters_of(revision_of(order)).filter(delivery=Delivery.REHEARSAL).exists()


def revision_of(order: Order) -> Revision:
    """Return what is asked for now."""
    return order.revisions.get(number=order.revision_number)


def plan_of(order: Order) -> Plan | None:
    """Return the plan of the present revision, if it is drafted."""
    return Plan.objects.filter(
        revision__order=order, revision__number=order.revision_number
    ).first()


def plan_before(order: Order) -> Plan | None:
    """Return the plan that this one takes the place of.

    It is that of the latest revision before this one that had any, or the plan in force.
    """
    earlier = Plan.objects.filter(revision__order=order, revision__number__lt=order.revision_number)
    last = earlier.order_by("-revision__number").first()
    if last is None and order.service is not None and stories.of(order).is_replacing:
        return in_force.of(order.service, before=order)
    return last


def changes_of(order: Order, plan: Plan) -> str:
    """Return how the plan differs from the one before it, or nothing where there was none."""
    before = plan_before(order)
    if before is None:
        return ""
    return exhibits.changes(drafting.content(before), drafting.content(plan))


def evidence_of(order: Order) -> Sequence[tuple[Evidence, Sequence[Voice]]]:
    """Return the answers to "may this person do that?", oldest first, with who said what."""
    return [(each, reasons.voices(each)) for each in order.evidence.all()]


def entries_of(order: Order) -> Sequence[Line]:
    """Return the audit entries about the order with their seals, newest first."""
    return ledger.lines(ledger.entries_of(order.uuid)[:200])


def raw_of(order: Order) -> dict[str, Any]:
    """Return the order as data: what it is, every revision, every run. No secret is among it."""
    return {
        "number": order.pk,
        "uuid": str(order.uuid),
        "title": order.title,
        "requester": order.requester.ident,
        "direction": order.direction,
        "ended_as": order.ended_as,
        "change": order.change_number,
        "repository": order.repository_name,
        "commit": order.commit_sha,
        "revisions": [_revision(each) for each in order.revisions.all()],
        "runs": [_run(each) for each in order.runs.all()],
    }


def _revision(revision: Revision) -> dict[str, Any]:
    return {
        "number": revision.number,
        "made_at": revision.made_at.isoformat(),
        "why": revision.why,
        "answers": revision.answers,
        "allotted": revision.allotted,
    }


def _run(run: StepRun) -> dict[str, Any]:
    return {
        "step": run.step,
        "placement": run.placement_id,
        "revision": run.revision,
        "attempt": run.attempt,
        "direction": run.direction,
        "state": run.state,
        "succeeded": run.succeeded,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "note": run.note,
        "waits_for": run.waits_for,
        "error": run.error_code,
        "detail": run.error_detail,
    }
