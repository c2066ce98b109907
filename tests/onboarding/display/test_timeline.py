"""The timeline and the one line on top of an order, from runs alone."""

from datetime import UTC, datetime, timedelta

import pytest

from onboarding.display.outlook import outlook
from onboarding.display.timeline import Row, rows
from onboarding.engine.steps import Done, Outcome, Per, Step, Task, Tools
from onboarding.models import Direction, Order, RunState, StepRun
from tenants.catalogue import Environment
from tenants.models import Application

BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CLUSTERS = {1: "eu1", 2: "us1"}


def nothing(_task: Task, _tools: Tools) -> Outcome:
    return Done("")


STEPS = (
    Step("draft_plan", "Plan", nothing),
    Step("await_approval", "Approval", nothing),
    Step("prime", "Prime", nothing, undo=nothing, per=Per.PLACEMENT),
    Step("await_delivery", "First delivery", nothing, per=Per.PLACEMENT, reached="Live on"),
    Step("tell_requester", "Result", nothing),
)


def run(step: str, state: RunState, **columns: object) -> StepRun:
    columns.setdefault("revision", 1)
    columns.setdefault("direction", Direction.ONWARD)
    if state is RunState.OVER:
        columns.setdefault("finished_at", BEGAN + timedelta(seconds=5))
    return StepRun(step=step, state=state, started_at=BEGAN, **columns)


def done(step: str, place: int | None = None, **columns: object) -> StepRun:
    return run(step, RunState.OVER, placement_id=place, succeeded=True, **columns)


def shown(*runs: StepRun, revision: int = 1) -> dict[str, Row]:
    return {row.name: row for row in rows(STEPS, runs, CLUSTERS, revision)}


def order(**columns: object) -> Order:
    application = Application(name="Basket", slug="basket")
    environment = Environment(slug="dev", name="Dev")
    return Order(application=application, environment=environment, submitted_at=BEGAN, **columns)


def sentence(*runs: StepRun, **columns: object) -> str:
    return outlook(order(**columns), list(shown(*runs).values())).sentence


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (run("draft_plan", RunState.MOVING), "moving"),
        (run("draft_plan", RunState.STUCK, error_code="plan.refused"), "stuck"),
        (run("draft_plan", RunState.WAITING, error_code="githost.unreachable"), "again"),
        (run("await_approval", RunState.WAITING, waits_for="an approver"), "waiting"),
        (run("await_approval", RunState.MOVING, waits_for="an approver", looks=3), "waiting"),
        (run("await_approval", RunState.MOVING, looks=1), "moving"),
        (run("prime", RunState.WAITING, error_code="change.window-closed"), "waiting"),
        (run("prime", RunState.WAITING, waits_for="Flux"), "moving"),
        (done("draft_plan"), "done"),
        (run("draft_plan", RunState.OVER, succeeded=False), "unfinished"),
        (run("prime", RunState.MOVING, direction=Direction.BACK), "back"),
        (done("prime", direction=Direction.BACK), "undone"),
    ],
)
def test_a_run_gives_its_step_a_state_in_words(found: StepRun, state: str) -> None:
    found.placement_id = 1 if found.step == "prime" else None
    assert shown(found)[found.step].lanes[0].state == state


def test_a_step_that_runs_on_every_cluster_has_a_lane_for_each() -> None:
    row = shown(done("prime", 1))["prime"]
    assert [(lane.cluster, lane.state) for lane in row.lanes] == [("eu1", "done"), ("us1", "todo")]
    assert row.state == "moving"


def test_what_presses_most_speaks_for_the_step() -> None:
    stuck = run("prime", RunState.STUCK, placement_id=2, error_code="cluster.busy")
    assert shown(done("prime", 1), stuck)["prime"].state == "stuck"


def test_runs_of_an_earlier_revision_are_not_shown() -> None:
    assert shown(done("draft_plan", revision=1), revision=2)["draft_plan"].state == "todo"


def test_attempts_stay_readable_behind_the_last_one() -> None:
    failed = run("draft_plan", RunState.OVER, succeeded=False, error_code="cluster.busy")
    lane = shown(failed, done("draft_plan", attempt=2))["draft_plan"].lanes[0]
    assert [each.attempt for each in lane.tries] == [1, 2]
    assert lane.trouble is None


def test_an_order_that_nobody_looked_at_is_queued() -> None:
    assert sentence() == "Berth has it and begins in a moment."


def test_waiting_names_whose_move_it_is() -> None:
    waits = run("await_approval", RunState.WAITING, waits_for="approvers in change-board")
    assert sentence(done("draft_plan"), waits) == "Waiting for approvers in change-board."


def test_one_stuck_cluster_is_named_beside_one_that_is_live() -> None:
    stuck = run("prime", RunState.STUCK, placement_id=2, error_code="cluster.object-refused")
    said = sentence(done("prime", 1), done("await_delivery", 1), stuck)
    expected = "Stuck at Prime on us1: the cluster refused an object. Live on eu1 already."
    assert said == expected


def test_what_is_tried_again_needs_nobody() -> None:
    again = run("prime", RunState.WAITING, placement_id=1, error_code="cluster.unreachable")
    said = sentence(again)
    assert said == "The cluster does not answer on eu1. Berth tries again by itself."


def test_the_end_is_told_in_the_words_of_the_step_that_ended_it() -> None:
    over = {"ended_as": "done", "ended_at": BEGAN}
    last = done("tell_requester", note="Basket is live on eu1 and us1.")
    assert sentence(done("prime", 1), done("prime", 2), last, **over) == last.note


def test_a_withdrawn_order_says_that_nothing_is_left() -> None:
    over = {"ended_as": "withdrawn", "ended_at": BEGAN, "back_reason": "Not needed"}
    assert sentence(**over) == "Not needed. Nothing of it is left."
