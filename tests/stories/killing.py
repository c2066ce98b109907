"""Ways to kill a worker: before or after a step, and before and after each outside effect."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from onboarding.engine.steps import Act, Outcome, Step, Task, Tools
from tests.journey import Killed

EFFECTS = frozenset(
    {"ensure", "push", "protect", "undo_push"}  # of a Git host
    | {"open", "start", "close", "cancel"}  # of a change system
    | {"apply", "annotate", "remove"}  # of a cluster
)


def killed_twice(step: Step) -> Step:
    """Return the step with an act in which the worker is killed before it, then after it."""
    return replace(step, do=_deadly(step.do))


def undo_killed_twice(step: Step) -> Step:
    """Return the step with an undo in which the worker is killed before it, then after it."""
    return replace(step, undo=step.undo and _deadly(step.undo))


def _deadly(act: Act) -> Act:
    tries = count(1)

    def dying(task: Task, tools: Tools) -> Outcome:
        number = next(tries)
        if number == 1:
            raise Killed
        outcome = act(task, tools)
        if number == 2:
            raise Killed
        return outcome

    return dying


@dataclass
class Fate:
    """Kills at each effect twice: before it is done and, the next time, after it was done."""

    visits: dict[str, int] = field(default_factory=dict)
    armed: bool = False

    def arm(self) -> None:
        self.armed = True

    def met(self) -> set[str]:
        """Return the names of effects that killed twice, before and after."""
        return {effect.split()[0] for effect, count in self.visits.items() if count >= 2}

    def meet(self, effect: str, act: Callable[[], Any]) -> Any:
        if not self.armed:
            return act()
        count = self.visits[effect] = self.visits.get(effect, 0) + 1
        if count == 1:
            raise Killed
        result = act()
        if count == 2:
            raise Killed
        return result


class Mortal:
    """Stands before an adapter; whoever asks it for an effect meets fate."""

    def __init__(self, inner: Any, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in EFFECTS:
            return found

        def deadly(*args: Any, **kwargs: Any) -> Any:
            effect = f"{name} {_told_apart(args)}"
            return self._fate.meet(effect, lambda: found(*args, **kwargs))

        return deadly


def _told_apart(args: Iterable[Any]) -> str:
    """Say what an effect is about, the same on every try."""
    return repr([arg if isinstance(arg, str) else _names(arg) for arg in args])


def _names(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("metadata", {}).get("name", sorted(value))
    if isinstance(value, list | tuple):
        return [_names(each) for each in value]
    return getattr(value, "name", None) or getattr(value, "key", None) or type(value).__name__
