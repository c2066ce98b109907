"""What a story is made of: steps, what they are given, and what they answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import cached_property
from typing import Any

from django.db import transaction

from onboarding.engine import lease
from onboarding.entitlement.asking import Sources
from onboarding.models import Order, Plan, Revision, StepRun
from onboarding.ports import Changes, GitHost, Scaffolder
from portal.errors import BerthError, PlanRefused
from tenants.models import Placement


@dataclass(frozen=True)
class Tools:
    """The adapters that settings chose, one for each port."""

    sources: Sources
    changes: Changes
    scaffolds: Scaffolder
    githost: GitHost


@dataclass(frozen=True)
class Task:
    """One step of one order, and of one placement where the step runs once a placement."""

    order: Order
    revision: Revision
    run: StepRun
    fence: int  # of the lease under which the step runs
    placement: Placement | None = None

    @property
    def key(self) -> str:
        """The same on every try: what foreign systems know this effect by."""
        return f"{self.order.uuid}-r{self.revision.number}"

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Give a transaction that counts only while the lease is ours and nobody turned the order.

        For what a step writes into our own tables: there a worker that comes back late does
        nothing. Raises Lost, which steps let pass.
        """
        with transaction.atomic():
            lease.hold(self.order, self.fence)
            yield

    @cached_property
    def plan(self) -> Plan:
        """The stored plan of this revision; it never changes, so a step reads it once.

        Raises PlanRefused when there is none, which only a wrong order of steps can cause.
        """
        plan = Plan.objects.filter(revision=self.revision).first()
        if plan is None:
            raise PlanRefused("No plan was drafted for this revision.")
        return plan

    @property
    def place(self) -> Placement:
        """The placement of a step that runs once a placement."""
        if self.placement is None:
            raise LookupError(f"{self.run.step} does not run once a placement")
        return self.placement


@dataclass(frozen=True)
class Done:
    """The step is over. `columns` are set on the order in the same transaction."""

    note: str
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """Not yet. `waits_for` says in words whose move it is; `problem` what is known to be wrong."""

    note: str
    waits_for: str
    recheck: timedelta
    problem: BerthError | None = None


@dataclass(frozen=True)
class Reopen:
    """What was approved no longer holds: the next revision starts from the beginning."""

    reason: str


Outcome = Done | Wait | Reopen
Act = Callable[[Task, Tools], Outcome]


class Per(Enum):
    """How often a step runs."""

    ORDER = "order"
    PLACEMENT = "placement"


@dataclass(frozen=True)
class Step:
    """A named step. `title` is what people read while it is under way.

    A `guarded` step acts on clusters or repositories: onward it needs approval in force for the
    plan's digest, an open window and a live entitlement each time it acts. The effect of a step
    `from_submit` stands since the order was placed, so it is undone even where no worker came.

    `takes_back` says what its undo takes away, and `reached` begins the sentence about clusters
    that have this behind them while others have not, such as "Live on".
    """

    name: str
    title: str
    do: Act
    undo: Act | None = None
    per: Per = Per.ORDER
    guarded: bool = False
    from_submit: bool = False
    takes_back: str = ""
    reached: str = ""


def _unsaid(_order: Order, _desired: Mapping[str, Any]) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Story:
    """The steps of one kind of order, the guard before each guarded effect, and what people read.

    `in_words` tells a stored plan as sentences; `undone` says how things are after the order went
    back. Only an order whose kind `is_amendable` may be asked for differently while it waits, and
    one that `is_replacing` shows its plan beside the plan in force.
    """

    steps: Sequence[Step]
    guard: Callable[[Task, Tools], None]
    in_words: Callable[[Order, Mapping[str, Any]], Sequence[str]] = _unsaid
    undone: str = "Nothing of it is left."
    is_amendable: bool = False
    is_replacing: bool = False

    def step(self, name: str) -> Step:
        """Return the step of this name."""
        return next(step for step in self.steps if step.name == name)
