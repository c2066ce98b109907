"""How an order stands, as the API tells it: the same reading that the order page shows."""

from collections.abc import Sequence
from typing import Any

from onboarding.display import histories
from onboarding.display.outlook import outlook
from onboarding.display.timeline import Lane, Row
from onboarding.models import Order, Plan
from onboarding.plans import drafting


def many(orders: Sequence[Order]) -> dict[str, Any]:
    """Return what the records of these orders need beside the rows."""
    steps = histories.steps_of_many(orders)
    return {"outlooks": {order.pk: outlook(order, steps[order.pk]) for order in orders}}


def one(order: Order) -> dict[str, Any]:
    """Return what the detail of an order needs beside the row."""
    rows = histories.steps_of(order)
    return {
        "outlooks": {order.pk: outlook(order, rows)},
        "steps": [_step(row) for row in rows],
        "answers": histories.revision_of(order).answers,
        "digest": getattr(histories.plan_of(order), "digest", ""),
    }


def plan(drafted: Plan) -> dict[str, Any]:
    """Return what the record of a plan needs beside the row."""
    return {"desired": drafting.content(drafted)}


def _step(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "state": row.state,
        "lanes": [_lane(lane) for lane in row.lanes],
    }


def _lane(lane: Lane) -> dict[str, Any]:
    run = lane.run
    return {
        "cluster": lane.cluster,
        "state": lane.state,
        "waits_for": run.waits_for if run else "",
        "since": run.started_at if run else None,
        "next_try_at": run.next_try_at if run else None,
        "attempts": len(lane.tries),
        "note": run.note if run else "",
        "trouble": _trouble(lane),
    }


def _trouble(lane: Lane) -> dict[str, str] | None:
    text = lane.trouble
    if text is None or lane.run is None:
        return None
    return {
        "code": lane.run.error_code,
        "title": text.title,
        "detail": lane.run.error_detail,
        "meaning": text.body,
        "next_step": text.next_step,
    }
