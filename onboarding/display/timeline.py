"""The runs of an order's steps as a page shows them: one row a step, one lane a cluster. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onboarding import messages
from onboarding.engine.agenda import is_done
from onboarding.engine.steps import Per, Step
from onboarding.messages import Message
from onboarding.models import Direction, RunState, StepRun

# steps and errors in which a person or a window is waited for, not a machine
FOR_PEOPLE = ("await_approval",)
PEOPLE_ERRORS = ("change.approval-missing", "change.window-closed")
# from the most pressing to the calmest: what a step is called whose clusters differ
PRESSING = ("stuck", "again", "waiting", "moving", "back", "unfinished")


@dataclass(frozen=True)
class Lane:
    """A step on one cluster, or the whole step where it runs once an order.

    `state` is a key of `portal.badges`; `run` is the run that speaks for it, `tries` all of them.
    """

    cluster: str  # slug, "" for the order itself
    state: str
    run: StepRun | None
    tries: Sequence[StepRun]

    @property
    def trouble(self) -> Message | None:
        """What is known to be wrong, in words; nothing once the step is over."""
        if self.run is None or not self.run.error_code or self.run.state == RunState.OVER:
            return None
        return messages.text_of(self.run.error_code)

    @property
    def key(self) -> str:
        """Names the lane in the page, so that an opened detail stays open."""
        return f"{self.run.step}-{self.cluster}" if self.run else ""


@dataclass(frozen=True)
class Row:
    """One step of the story."""

    name: str
    title: str
    state: str
    lanes: Sequence[Lane]
    step: Step

    @property
    def is_split(self) -> bool:
        """Say whether the step has a state for each cluster."""
        return any(lane.cluster for lane in self.lanes)

    @property
    def began(self) -> datetime | None:
        return min((each.started_at for lane in self.lanes for each in lane.tries), default=None)

    @property
    def ended(self) -> datetime | None:
        ends = [lane.run.finished_at for lane in self.lanes if lane.run is not None]
        return max((end for end in ends if end), default=None) if self.state in ENDED else None


ENDED = ("done", "undone", "unfinished")


def rows(
    steps: Sequence[Step],
    runs: Sequence[StepRun],
    clusters: Mapping[int, str],
    revision: int,
) -> list[Row]:
    """Return a row for each step. `clusters` maps the order's placements to cluster names.

    Onward runs of the current revision are shown; what was undone is shown whatever its revision.
    """
    return [_row(step, runs, clusters, revision) for step in steps]


def _row(step: Step, runs: Sequence[StepRun], clusters: Mapping[int, str], revision: int) -> Row:
    own = [run for run in runs if run.step == step.name]
    own = [run for run in own if run.revision == revision or run.direction == Direction.BACK]
    places: Iterable[tuple[int | None, str]] = [(None, "")]
    if step.per is Per.PLACEMENT and clusters:
        places = clusters.items()
    lanes = [
        _lane(cluster, [run for run in own if run.placement_id == place])
        for place, cluster in places
    ]
    return Row(step.name, step.title, _together([lane.state for lane in lanes]), lanes, step)


def _lane(cluster: str, tries: Sequence[StepRun]) -> Lane:
    last = tries[-1] if tries else None
    return Lane(cluster, state_of(last), last, tries)


def state_of(run: StepRun | None) -> str:
    """Return the state that a step's last run gives it, as a key of `portal.badges`."""
    if run is None:
        return "todo"
    if run.state == RunState.OVER:
        return _over(run)
    if run.state == RunState.STUCK:
        return "stuck"
    if run.state == RunState.WAITING or _is_looked_at_again(run):
        return _waiting(run)
    return "back" if run.direction == Direction.BACK else "moving"


def _is_looked_at_again(run: StepRun) -> bool:
    """Say whether the step only looks whether its wait is over: that is no news to anybody yet."""
    return run.looks > 1 and run.direction == Direction.ONWARD


def _over(run: StepRun) -> str:
    if not is_done(run):
        return "unfinished"
    return "undone" if run.direction == Direction.BACK else "done"


def _waiting(run: StepRun) -> str:
    if run.error_code in PEOPLE_ERRORS:
        return "waiting"
    if run.error_code:
        return "again"
    return "waiting" if run.step in FOR_PEOPLE else "moving"


def _together(states: Sequence[str]) -> str:
    for state in PRESSING:
        if state in states:
            return state
    if set(states) == {"todo"}:
        return "todo"
    if "todo" in states:
        return "moving"
    return states[0]


def in_order(shown: Sequence[Row], *, back: bool) -> Row | None:
    """Return the row where the order is now: the most pressing, or the first that is not done."""
    for state in PRESSING[:-1]:
        for row in shown:
            if row.state == state:
                return row
    pending = ("done", "undone") if back else ("todo",)
    return next((row for row in shown if row.state in pending), None)
