"""Every state that an order can be in, and how it gets there.

The service is ordered for prod, where bob decides, on two clusters. In a state "in <step>" a worker
has begun the step and has not acted: what happens then, happens beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from accounts.models import User
from onboarding import actions
from onboarding.engine.steps import Outcome, Task, Tools
from onboarding.models import Order, Progress
from onboarding.stories import STORIES
from portal.clock import now
from portal.errors import ObjectRefused, PlanRefused
from tests.journey import Portal, again
from tests.stories import world

STORY = STORIES["onboard"]
STEPS = [step.name for step in STORY.steps]
STARTING = STEPS.index("start_change")  # from here an approval has been given
TTL = timedelta(days=6)  # longer than a change waits for its approval


class Stage:
    """A portal with one order, and the people who have brought it where it is."""

    def __init__(self, portal: Portal, alice: User, bob: User) -> None:
        self.portal, self.alice, self.bob = portal, alice, bob
        self.order = portal.order(alice, "prod")

    def go_on(self) -> Order:
        """Let workers do their work with the story as it is, until people are waited for."""
        self.portal.story = STORY
        self.order = self.portal.go_on(self.order)
        return self.order

    def approved(self) -> None:
        self.go_on()
        self.portal.approve(self.order, self.bob)

    def withdrawn(self) -> None:
        actions.withdraw(again(self.order), by=self.alice, reason="Not this year.")

    def stuck_in(self, step: str, error: Exception) -> None:
        """Let the step fail for good, and mend the story afterwards."""

        def fail() -> None:
            raise error

        self.portal.before(step, fail)
        self.order = self.portal.go_on(self.order)
        self.portal.story = STORY


Reach = Callable[[Stage], object]


def _awaiting(stage: Stage) -> None:
    stage.go_on()


def _window(stage: Stage) -> None:
    stage.go_on()
    world.set_window(stage.order, now() + timedelta(hours=2))
    stage.portal.approve(stage.order, stage.bob)
    stage.portal.look(stage.order)


def _stuck_early(stage: Stage) -> None:
    stage.approved()
    stage.stuck_in("start_change", PlanRefused("the pack was withdrawn"))


def _stuck(stage: Stage) -> None:
    stage.approved()
    stage.stuck_in("push_scaffold", ObjectRefused("no such branch"))


def _back(stage: Stage) -> None:
    _stuck(stage)
    stage.withdrawn()


def _stuck_back(stage: Stage) -> None:
    def refused(_task: Task, _tools: Tools) -> Outcome:
        raise ObjectRefused("cannot be removed")

    _back(stage)
    stage.portal.replace_steps(lambda step: replace(step, undo=step.undo and refused))
    stage.portal.go_on(stage.order)
    stage.portal.story = STORY


def _rehearsed(stage: Stage) -> None:
    stage.approved()
    stage.go_on()


def _done(stage: Stage) -> None:
    """On a rehearsal cluster an order ends rehearsed; on a real one it would have ended done."""
    _rehearsed(stage)
    Order.objects.filter(pk=stage.order.pk).update(ended_as=Progress.DONE)


def _withdrawn(stage: Stage) -> None:
    stage.go_on()
    stage.withdrawn()
    stage.go_on()


def _refused(stage: Stage) -> None:
    stage.go_on()
    stage.portal.refuse(stage.order, stage.bob)
    stage.go_on()


def _expired(stage: Stage) -> None:
    stage.go_on()
    stage.portal.clock.shift(TTL)
    stage.go_on()


RESTING: Mapping[str, Reach] = {
    "just submitted": lambda _stage: None,
    "awaiting approval": _awaiting,
    "waiting for the window": _window,
    "stuck before its start": _stuck_early,
    "stuck at its repository": _stuck,
    "going back": _back,
    "stuck on its way back": _stuck_back,
    Progress.REHEARSED.value: _rehearsed,
    Progress.DONE.value: _done,
    Progress.WITHDRAWN.value: _withdrawn,
    Progress.REFUSED.value: _refused,
    Progress.EXPIRED.value: _expired,
}
STATES = [*RESTING, *(f"in {name}" for name in STEPS)]


def stand(stage: Stage, state: str, then: Callable[[], object]) -> None:
    """Bring the order into the state and do something there, once."""
    if state in RESTING:
        RESTING[state](stage)
        stage.order = again(stage.order)
        then()
        return
    step = state.removeprefix("in ")
    if STEPS.index(step) >= STARTING:
        stage.approved()
    _beside(stage, step, then)


def _beside(stage: Stage, step: str, then: Callable[[], object]) -> None:
    """Do it while a worker is in the step; in priming, while it primes the second cluster."""
    calls: list[str] = []

    def now_then() -> None:
        calls.append(step)
        if len(calls) == (2 if step == "prime" else 1):
            stage.order = again(stage.order)
            then()

    stage.portal.before(step, now_then)
    stage.portal.look(stage.order)
    assert calls, f"no worker came to {step}"
