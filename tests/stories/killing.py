"""The points at which a worker can be killed, found by watching one at work.

Between the moment a step is taken up and the next one, a worker passes: every write that lasts
(a commit, or a statement outside a transaction), the begin and the end of the step's act, every
effect on a Git host, a change system or a cluster, and the commit of the outcome. Nothing here
knows a step by name: a step that is added is watched like the others.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db import connection

from fleet import toolbox as fleet_toolbox
from onboarding.engine import look, runs
from onboarding.engine.agenda import Item
from onboarding.engine.steps import Act, Outcome, Step, Story, Task, Tools
from onboarding.models import Direction, Order
from tenants.models import Placement

# what every kind of order has three of: before the effect, after it, and with the outcome written
# but not committed
BEFORE, AFTER, OUTCOME = "before", "after", "outcome"
MAIN = (BEFORE, AFTER, OUTCOME)
END = "the end"

# of the ports; whatever else they offer is an effect
READS = frozenset({"read", "exists", "address", "contains", "state", "unclosed", "placements_of"})
WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass
class Visit:
    """A step that was taken up once, and the points that were passed until the next one."""

    label: str  # such as "back prime@eu1-a"
    is_first: bool = False  # of this worker
    points: list[str] = field(default_factory=list)

    @property
    def direction(self) -> str:
        return self.label.partition(" ")[0]


Meets = Callable[[Visit, str], None]


class Watch:
    """Tells `meets` of every point that is passed. `takes_up` is told before each visit."""

    def __init__(self, meets: Meets, takes_up: Callable[[], None] = lambda: None) -> None:
        self.visits: list[Visit] = []
        self._meets = meets
        self._takes_up = takes_up
        self._concluding = False
        self._met: Counter[str] = Counter()
        self._child = pytest.MonkeyPatch()  # what it changes ends with the process

    def passes(self, what: str) -> None:
        if not self.visits:
            return
        self._met[what] += 1
        point = what if what in MAIN else f"{what} {self._met[what]}"
        self.visits[-1].points.append(point)
        self._meets(self.visits[-1], point)

    def begins(self, label: str) -> None:
        self._takes_up()
        self._met.clear()
        self.visits.append(Visit(label, is_first=not self.visits))

    def on(self, story: Story, tools: Tools) -> tuple[Story, Tools]:
        """Watch this process, a child, and return the story and the tools as watched."""
        self._watch_engine()
        self._watch_database()
        access = fleet_toolbox.access_by
        self._child.setattr(
            fleet_toolbox, "access_by", lambda *whose: Watched(access(*whose), self)
        )
        watched = replace(
            tools, githost=Watched(tools.githost, self), changes=Watched(tools.changes, self)
        )
        return replace(story, steps=[self._step(step) for step in story.steps]), watched

    def _step(self, step: Step) -> Step:
        return replace(step, do=self._act(step.do), undo=step.undo and self._act(step.undo))

    def _act(self, act: Act) -> Act:
        def watched(task: Task, tools: Tools) -> Outcome:
            self.passes(BEFORE)
            try:
                return act(task, tools)
            finally:
                self.passes(AFTER)

        return watched

    def _watch_engine(self) -> None:
        take, end = look._take, look._end

        def taken(held: Any, order: Order, history: Any, item: Item, *rest: Any) -> None:
            self.begins(label_of(order, item))
            take(held, order, history, item, *rest)

        def at_the_end(*arguments: Any) -> None:
            self.begins(f"{Direction.BACK} {END}")
            end(*arguments)

        self._child.setattr(look, "_take", taken)
        self._child.setattr(look, "_end", at_the_end)
        for name in ("conclude", "fail", "fail_unforeseen"):
            self._child.setattr(runs, name, self._concluded(getattr(runs, name)))

    def _concluded(self, write: Callable[..., None]) -> Callable[..., None]:
        def concluded(*arguments: Any) -> None:
            self._concluding = True
            try:
                write(*arguments)
            finally:
                self._concluding = False

        return concluded

    def _watch_database(self) -> None:
        commit = connection.commit

        def committed() -> None:
            if self._concluding:
                self.passes(OUTCOME)
            commit()
            self.passes("commit")

        def executed(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            result = execute(sql, *rest)
            if sql.startswith(WRITES) and not connection.in_atomic_block:
                self.passes("write")
            return result

        connection.commit = committed  # type: ignore[method-assign] # this one process is watched
        connection.execute_wrappers.append(executed)


class Watched:
    """Stands before an adapter and tells the watch before and after each effect."""

    def __init__(self, inner: Any, watch: Watch) -> None:
        self._inner = inner
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in READS or not callable(found):
            return found

        def watched(*args: Any, **kwargs: Any) -> Any:
            self._watch.passes(f"before {name}")
            result = found(*args, **kwargs)
            self._watch.passes(f"after {name}")
            return result

        return watched


def label_of(order: Order, item: Item) -> str:
    """Name a visit: its direction, its step, and its cluster where it has one."""
    if item.placement_id is None:
        return f"{order.direction} {item.step.name}"
    placement = Placement.objects.select_related("cluster").get(pk=item.placement_id)
    return f"{order.direction} {item.step.name}@{placement.cluster.slug}"
