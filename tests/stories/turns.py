"""Workers that take turns: each stops before and after every step until the test lets it go on.

So an interleaving is chosen by the test and not by the scheduler, and each one really happened.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import cycle
from threading import Semaphore, Thread, current_thread

from django.db import connections

from onboarding.engine.steps import Act, Outcome, Step, Task, Tools
from onboarding.models import Order, Progress
from tests.journey import Portal, again

PATIENCE = 60.0  # seconds that one turn may take
MOST_TURNS = 2000


class Hand(Thread):
    """A worker that carries one order on, from turn to turn."""

    def __init__(self, portal: Portal, order: Order) -> None:
        super().__init__(daemon=True)
        self.order, self.step, self.raised = order, "", ""
        self._portal = portal
        self._may, self._rests = Semaphore(0), Semaphore(0)

    def run(self) -> None:
        self._may.acquire()
        try:
            self._portal.go_on(self.order)
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.raised = repr(error)
        finally:
            connections.close_all()
            self.step = "over"
            self._rests.release()

    def rest(self, step: str) -> None:
        """Wait for the next turn, before or after this step."""
        self.step = step
        self._rests.release()
        assert self._may.acquire(timeout=PATIENCE)

    @property
    def is_over(self) -> bool:
        return self.step == "over"

    def turn(self) -> None:
        """Let the worker go on to where it rests next."""
        if self.is_over:
            return
        if not self.is_alive():
            self.start()
        self._may.release()
        assert self._rests.acquire(timeout=PATIENCE), f"{self.order} never came to rest"

    def turn_until(self, step: str) -> None:
        """Let the worker go on until it rests at this step, such as `before prime`."""
        for _ in range(MOST_TURNS):
            if self.step == step:
                return
            self.turn()
        raise AssertionError(f"{self.order} never came to {step}")


def by_turns(portal: Portal) -> None:
    """Let every step of the portal's story rest before and after its act, onward and back."""

    def resting(step: Step) -> Step:
        undo = step.undo and _resting(f"back {step.name}", step.undo)
        return replace(step, do=_resting(step.name, step.do), undo=undo)

    portal.replace_steps(resting)


def _resting(name: str, act: Act) -> Act:
    def rests(task: Task, tools: Tools) -> Outcome:
        _rest(f"before {name}")
        outcome = act(task, tools)
        _rest(f"after {name}")
        return outcome

    return rests


def _rest(where: str) -> None:
    worker = current_thread()
    if isinstance(worker, Hand):
        worker.rest(where)


def alternate(hands: Iterable[Hand], pattern: str) -> list[Progress | str]:
    """Let the first worker take a turn for each `a` of the pattern, the second for each `b`.

    Over and over, until both orders are at rest for good. Return how they ended.
    """
    known = dict(zip("ab", hands, strict=True))
    for _, letter in zip(range(MOST_TURNS), cycle(pattern), strict=False):
        known[letter].turn()
        if all(hand.is_over for hand in known.values()):
            break
    assert [hand.raised for hand in known.values()] == ["", ""]
    return [again(hand.order).ended_as for hand in known.values()]
