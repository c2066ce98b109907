"""What is to be done next: pure reading of the story and of the runs so far."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from onboarding.engine.lease import LONGEST_PAUSE
from onboarding.engine.steps import Per, Step
from onboarding.models import Direction, RunState, StepRun
from portal.clock import ASTRAY


@dataclass(frozen=True)
class Item:
    """A step that is due: onward or back, and its last run in that direction."""

    step: Step
    placement_id: int | None
    last: StepRun | None


class History:
    """The runs of one order, looked up by step and placement."""

    def __init__(self, runs: Iterable[StepRun], revision: int) -> None:
        self._revision = revision
        self._runs: dict[tuple[str, int | None, str], list[StepRun]] = {}
        for run in runs:
            key = (run.step, run.placement_id, run.direction)
            self._runs.setdefault(key, []).append(run)

    def onward(self, step: Step, placement_id: int | None) -> StepRun | None:
        """Return the last onward run of the current revision."""
        runs = self._runs.get((step.name, placement_id, Direction.ONWARD), [])
        return next((r for r in reversed(runs) if r.revision == self._revision), None)

    def back(self, step: Step, placement_id: int | None) -> StepRun | None:
        """Return the last run that undid, whichever revision it was."""
        runs = self._runs.get((step.name, placement_id, Direction.BACK), [])
        return runs[-1] if runs else None

    def touched(self, step: Step) -> Sequence[int | None]:
        """Return the placements (None for the order itself) for which the step was ever begun."""
        begun = [
            placement_id
            for (name, placement_id, direction), runs in self._runs.items()
            if name == step.name
            and direction == Direction.ONWARD
            and any(run.acted_at for run in runs)
        ]
        return begun or ([None] if step.from_submit else [])

    def next_attempt(self, step: Step, placement_id: int | None) -> int:
        """Return the number of the next attempt in the current revision, both ways counted."""
        numbers = [
            run.attempt
            for (name, placement, _), runs in self._runs.items()
            if name == step.name and placement == placement_id
            for run in runs
            if run.revision == self._revision
        ]
        return max(numbers, default=0) + 1


def is_done(run: StepRun | None) -> bool:
    """Say whether this run brought its step to its end."""
    return run is not None and run.state == RunState.OVER and run.succeeded is True


def is_due(run: StepRun | None, moment: datetime) -> bool:
    """Say whether there is something to do: never begun, left in mid-step, or its time has come."""
    if run is None or run.state == RunState.OVER:
        return True
    if run.state != RunState.WAITING or run.next_try_at is None:
        return run.state == RunState.MOVING
    # later than any step asks for: written by a clock that had gone astray
    return not moment < run.next_try_at <= moment + LONGEST_PAUSE + ASTRAY


def blocks(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Group neighbours that run once a placement; every other step is a group of its own.

    Within a group clusters do not wait for one another.
    """
    for per, group in groupby(enumerate(steps), key=lambda pair: _block_key(*pair)):
        yield [step for _, step in group] if per else []


def _block_key(index: int, step: Step) -> str:
    return "placement" if step.per is Per.PLACEMENT else f"order-{index}"


def onward(
    steps: Sequence[Step], history: History, placements: Sequence[int], moment: datetime
) -> tuple[Item | None, bool]:
    """Return the next due item, and whether the whole story is done."""
    for block in blocks(steps):
        lanes = placements if block[0].per is Per.PLACEMENT else [None]
        item, done = _in_block(block, history, lanes, moment)
        if not done:
            return item, False
    return None, True


def _in_block(
    block: Sequence[Step], history: History, lanes: Sequence[int | None], moment: datetime
) -> tuple[Item | None, bool]:
    done = True
    for lane in lanes:
        for step in block:
            run = history.onward(step, lane)
            if is_done(run):
                continue
            done = False
            if is_due(run, moment):
                return Item(step, lane, run), False
            break
    return None, done


def back(steps: Sequence[Step], history: History, moment: datetime) -> tuple[Item | None, bool]:
    """Return the next due undo, walking the touched steps backwards, and whether all is undone."""
    for block in reversed(list(blocks(steps))):
        item, done = _undo_in_block(block, history, moment)
        if not done:
            return item, False
    return None, True


def _undo_in_block(
    block: Sequence[Step], history: History, moment: datetime
) -> tuple[Item | None, bool]:
    done = True
    waiting: set[int | None] = set()
    for step in reversed(block):
        if step.undo is None:
            continue
        for lane in history.touched(step):
            run = history.back(step, lane)
            if is_done(run) or lane in waiting:
                continue
            done = False
            if is_due(run, moment):
                return Item(step, lane, run), False
            waiting.add(lane)
    return None, done
