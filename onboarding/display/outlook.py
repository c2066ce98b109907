"""How an order stands in one line: its state, whose move it is, and since when. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from onboarding import messages, stories
from onboarding.display.timeline import Lane, Row, in_order
from onboarding.models import Direction, Order, Progress


@dataclass(frozen=True)
class Outlook:
    """`state` is a key of `portal.badges`; `sentence` says whose move it is."""

    state: str
    sentence: str
    since: datetime
    bits: Sequence[str]


def outlook(order: Order, rows: Sequence[Row]) -> Outlook:
    """Return how an order stands."""
    bits = [BITS.get(row.state, "todo") for row in rows]
    if order.is_over:
        ended = order.ended_at or order.submitted_at
        return Outlook(order.ended_as, _ended(order, rows), ended, bits)
    row = in_order(rows, back=order.direction == Direction.BACK)
    if row is None or not any(each.began for each in rows):
        sentence = "Berth has it and begins in a moment."
        return Outlook("queued", sentence, order.submitted_at, bits)
    state = _state(order, row)
    return Outlook(state, _sentence(order, row, rows), _since(order, row), bits)


BITS = {
    "done": "done",
    "moving": "now",
    "again": "now",
    "back": "now",
    "waiting": "waiting",
    "stuck": "stuck",
}


def _state(order: Order, row: Row) -> str:
    if row.state == "todo":
        return "moving"
    if order.direction == Direction.BACK and row.state != "stuck":
        return "back"
    return row.state


def _since(order: Order, row: Row) -> datetime:
    return row.began or order.submitted_at


def _sentence(order: Order, row: Row, rows: Sequence[Row]) -> str:
    lanes = [lane for lane in row.lanes if lane.state == row.state] or list(row.lanes)
    if row.state == "stuck":
        return f"{_stuck(row, lanes)}{_elsewhere(rows)}"
    if order.direction == Direction.BACK:
        return f"Being taken back: {_ended_sentence(order.back_reason)}"
    if row.state == "waiting":
        return f"Waiting for {_whose(lanes)}."
    if row.state == "again":
        return (
            f"{_trouble(lanes[0])}{_places(lanes)}. Berth tries again by itself.{_elsewhere(rows)}"
        )
    return f"Berth is at work on: {row.title}{_places(lanes)}.{_elsewhere(rows)}"


def _stuck(row: Row, lanes: Sequence[Lane]) -> str:
    return f"Stuck at {row.title}{_places(lanes)}: {_lower(_trouble(lanes[0]))}."


def _trouble(lane: Lane) -> str:
    code = lane.run.error_code if lane.run else ""
    return messages.text_of(code or "berth.error").title


def _whose(lanes: Sequence[Lane]) -> str:
    whom = [lane.run.waits_for for lane in lanes if lane.run and lane.run.waits_for]
    return whom[0] if whom else "an approver"


def _places(lanes: Sequence[Lane]) -> str:
    names = [lane.cluster for lane in lanes if lane.cluster]
    return f" on {_listed(names)}" if names else ""


def _elsewhere(rows: Sequence[Row]) -> str:
    """Name the clusters that have it behind them while others have not, such as "Live on eu1"."""
    last = next((row for row in rows if row.step.reached), None)
    there = [lane.cluster for lane in last.lanes if lane.state == "done"] if last else []
    if last is None or not there or len(there) == len(last.lanes):
        return ""
    return f" {last.step.reached} {_listed(there)} already."


def _ended(order: Order, rows: Sequence[Row]) -> str:
    undone = stories.of(order).undone
    match order.ended_as:
        case Progress.DONE | Progress.REHEARSED:
            return _last_words(rows)
        case Progress.WITHDRAWN:
            return f"{_ended_sentence(order.back_reason)} {undone}"
        case Progress.EXPIRED:
            return f"{_ended_sentence(order.back_reason)} {undone}"
        case _:
            return f"Refused: {_ended_sentence(order.back_reason)} {undone}"


def _last_words(rows: Sequence[Row]) -> str:
    """Return what the step that ended the order said of it."""
    last = rows[-1].lanes[0].run if rows else None
    return last.note if last else ""


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _ended_sentence(text: str) -> str:
    shown = text.strip()
    return shown if shown.endswith((".", "…")) else f"{shown}."
