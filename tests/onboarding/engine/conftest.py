"""A small world for the engine: a story of steps that write into a list and may be told to fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from onboarding.engine.look import look
from onboarding.engine.steps import Done, Outcome, Per, Step, Story, Task, Tools, Wait
from onboarding.models import Order

NO_TOOLS = Tools(sources=None, changes=None, scaffolds=None, githost=None)  # type: ignore[arg-type] # the steps here use none


@dataclass
class World:
    """What the steps did, and what each does when it is its turn."""

    seen: list[str] = field(default_factory=list)
    plans: dict[str, Callable[[Task], Outcome]] = field(default_factory=dict)

    def act(self, name: str) -> Callable[[Task, Tools], Outcome]:
        def step(task: Task, _tools: Tools) -> Outcome:
            where = f"{name}@{task.placement.cluster.slug}" if task.placement else name
            self.seen.append(where)
            plan = self.plans.get(where) or self.plans.get(name)
            return plan(task) if plan else Done(f"{where} done")

        return step

    def story(self, *names: str, per: dict[str, Per] | None = None) -> Story:
        """Return a story of these steps; each can be undone, and `un<name>` tells of it."""
        return Story(
            guard=lambda _task, _tools: None,
            steps=tuple(
                Step(
                    name,
                    name,
                    self.act(name),
                    undo=self.act(f"un{name}"),
                    per=(per or {}).get(name, Per.ORDER),
                )
                for name in names
            ),
        )


@pytest.fixture
def world() -> World:
    return World()


def go(order: Order, story: Story) -> Order:
    """Look once and return the order as it is then."""
    look(order.pk, story, NO_TOOLS, owner="a worker")
    return Order.objects.get(pk=order.pk)


def waiting(minutes: int = 5) -> Callable[[Task], Outcome]:
    return lambda _task: Wait("not yet", "somebody", timedelta(minutes=minutes))


def raising(error: BaseException) -> Callable[[Task], Outcome]:
    def raise_it(_task: Task) -> Outcome:
        raise error

    return raise_it
