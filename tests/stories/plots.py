"""What can become of an order, told in child processes: how it is placed, and what turns it round.

A plot is a kind of order and a turn: none, a withdrawal or the loss of the entitlement during a
step, or people who refuse or never decide.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import time_machine
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection

from accounts.models import User
from onboarding import actions, toolbox
from onboarding.engine.look import look
from onboarding.engine.steps import Outcome, Per, Step, Task, Tools
from onboarding.models import Direction, Order, RunState
from onboarding.stories import STORIES
from portal.clock import now
from portal.errors import RequesterNotEntitled, TooLate
from tests.journey import NOBODY, again, plan_of
from tests.stories import world
from tests.stories.apart import Site
from tests.stories.killing import MAIN, Meets, Visit, Watch
from tests.stories.placing import CLUSTERS, START, Placed, the_order

LONGEST_STORY = 150  # looks; an order that takes more runs in a circle
LEASE = timedelta(seconds=61)
PATIENCE = 10  # tries
NEVER = timedelta(seconds=-1)
LATEST = f"await_delivery@{CLUSTERS[-1]}"  # there most was made, and a withdrawal is not too late


class Turn(Enum):
    """What happens to an order on its way."""

    NONE = "to its end"
    WITHDRAWN = "withdrawn during"
    LOST = "entitlement lost during"
    REFUSED = "refused by its approver"
    EXPIRED = "decided by nobody"


@dataclass(frozen=True)
class Plot:
    """A kind of order, and what becomes of it."""

    kind: str
    turn: Turn = Turn.NONE
    during: str = ""  # a step, with its cluster where it runs once a placement

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.turn.value, self.during)))

    @property
    def dies(self) -> Direction:
        """Where workers are killed: on the way that this plot is about."""
        return Direction.ONWARD if self.turn is Turn.NONE else Direction.BACK


def plots(*kinds: str) -> Iterator[Plot]:
    """Give every plot of these kinds of order, or of all that have a story."""
    for kind in kinds or STORIES:
        yield Plot(kind)
        yield from (Plot(kind, turn) for turn in (Turn.REFUSED, Turn.EXPIRED))
        spots = [spot for step in STORIES[kind].steps for spot in _spots(step)]
        for turn in (Turn.WITHDRAWN, Turn.LOST):
            yield from (Plot(kind, turn, spot) for spot in spots)


def _spots(step: Step) -> list[str]:
    if step.per is Per.PLACEMENT:
        return [f"{step.name}@{cluster}" for cluster in CLUSTERS]
    return [step.name]


# How an order is carried on


@dataclass(frozen=True)
class Teller:
    """A worker on a site, and the people around it. To be called in a child process."""

    site: Site
    plot: Plot
    watch: Watch

    def tell(self) -> None:
        """Carry the order on until it is over, beginning when the lease of the dead has run out."""
        begins = self.site.time(START) + LEASE
        if self.plot.turn is Turn.LOST:
            settings.BERTH_ENTITLEMENT_TTL = NEVER  # else the loss is seen minutes later
        with time_machine.travel(begins, tick=False) as clock:
            story, tools = self.watch.on(STORIES[self.plot.kind], toolbox.tools())
            story = replace(story, steps=[self._turned(step) for step in story.steps])
            order = the_order()
            for _ in range(LONGEST_STORY):
                self.site.set_time(now())
                try:
                    look(order.pk, story, tools, owner="a worker")
                except DatabaseError:
                    connection.close()  # the job breaks off, and the next one has another line
                order = again(order)
                if order.is_over:
                    return
                refuse_stuck(order)
                if self._waits_for_people(order):
                    self._let_people_act(order, clock)
                due = [moment for moment in (again(order).next_try_at, order.lease_until) if moment]
                clock.move_to(max(now(), *due) + timedelta(seconds=1))
        raise AssertionError(f"{order} does not come to its end")

    def _turned(self, step: Step) -> Step:
        """Return the step with what happens during it: once it has acted, or just before."""

        def act(task: Task, tools: Tools) -> Outcome:
            here = f"{step.name}@{task.placement.cluster.slug}" if task.placement else step.name
            if here == self.plot.during and self.plot.turn is Turn.LOST:
                (self.site.folder / "entitlements.yaml").write_text(NOBODY)
            outcome = step.do(task, tools)
            if here == self.plot.during and self.plot.turn is Turn.WITHDRAWN:
                withdraw(task.order)
            return outcome

        return replace(step, do=act)

    def _waits_for_people(self, order: Order) -> bool:
        waiting = order.runs.filter(state=RunState.WAITING, step="await_approval", error_code="")
        return waiting.exclude(next_try_at__lte=now()).exists()

    def _let_people_act(self, order: Order, clock: time_machine.Traveller) -> None:
        bob, digest = User.objects.get(username="bob"), plan_of(order).digest
        if self.plot.turn is Turn.EXPIRED:
            clock.shift(timedelta(days=90))
        elif self.plot.turn is Turn.REFUSED:
            actions.refuse(order, by=bob, digest=digest, reason="Not in December.")
        else:
            try:
                sources = toolbox.sources()
                actions.approve(order, by=bob, digest=digest, reason="Fine.", sources=sources)
            except RequesterNotEntitled:
                actions.refuse(order, by=bob, digest=digest, reason="Alice may not have this.")


def withdraw(order: Order) -> None:
    """Let alice withdraw, if it is not too late."""
    try:
        actions.withdraw(again(order), by=order.requester, reason="No longer needed.")
    except TooLate:
        return


def withdraw_at(moment: datetime) -> None:
    """Let alice withdraw the order, in a child in which nobody works.

    She tries again until the server has ended the session of a worker that holds the order's row.
    """
    with time_machine.travel(moment, tick=False):
        for _ in range(PATIENCE):
            with suppress(OperationalError):
                withdraw(the_order())
                return
            connection.close()


def refuse_stuck(order: Order) -> None:
    stuck = order.runs.filter(state=RunState.STUCK).values_list("step", "error_code")
    assert not stuck, f"stuck: {list(stuck)}"


@dataclass(frozen=True)
class Told:
    """What was seen of a plot that nobody disturbed: every visit to a step, and how it ended."""

    visits: list[Visit]
    start: dict[str, Any]
    end: dict[str, Any]

    @property
    def went_back(self) -> bool:
        return any(visit.direction == Direction.BACK for visit in self.visits)

    def refuse_remains(self) -> None:
        """Raise unless an order that went back left clusters and repositories as they were."""
        if self.went_back:
            for what in ("objects", "repositories"):
                before, after = set(self.start[what]), set(self.end[what])
                assert before == after, f"{what}: {sorted(before ^ after)}"

    def mortal(self, plot: Plot) -> list[Visit]:
        """Return the visits in which workers are killed."""
        return [visit for visit in self.visits if visit.direction == plot.dies]

    def is_own(self, plot: Plot) -> bool:
        """Say whether the loss showed at once; else it is the plot of a later step, told there."""
        if plot.turn is not Turn.LOST:
            return True
        onward = [
            visit.label.partition(" ")[2]
            for visit in self.visits
            if visit.direction == Direction.ONWARD
        ]
        return plot.during in onward[-2:]


def record(site: Site, plot: Plot) -> Told:
    """Tell a plot undisturbed, and keep copies of the site: NAME-3 is as before the 4th visit."""

    def child() -> None:
        site.keep("start", asdict(world.now_there()))

        def keep_copy() -> None:
            connection.close()  # PostgreSQL copies no database that somebody is connected to
            site.copied(f"{site.folder.name}-{len(watch.visits)}")

        watch = Watch(lambda _visit, _point: None, takes_up=keep_copy)
        Teller(site, plot, watch).tell()
        site.keep("visits", [asdict(visit) for visit in watch.visits])
        site.keep("end", asdict(world.now_there()))

    site.do(child)
    visits = [Visit(**each) for each in site.kept("visits")]
    told = Told(visits, site.kept("start"), site.kept("end"))
    told.refuse_remains()
    return told


def longest_way_back(kind: str, told: Callable[[Plot], Told]) -> tuple[Plot, Told]:
    """Return the withdrawal at the last step where it is not too late, and what comes of it."""
    withdrawals = [plot for plot in plots(kind) if plot.turn is Turn.WITHDRAWN]
    each = ((plot, told(plot)) for plot in reversed(withdrawals))
    return next((plot, story) for plot, story in each if story.went_back)


def told_on(site: Site, placed: Placed, kind: str, way: Direction) -> tuple[Plot, Told]:
    """Record on this site the plot to the end, or the longest way back."""
    plot = Plot(kind)
    if way == Direction.BACK:
        plot, _ = longest_way_back(kind, lambda each: record(placed(kind), each))
    return plot, record(site, plot)


def points(told: Told, plot: Plot) -> Iterator[tuple[int, str]]:
    """Give the number of a visit and a point in it, for each at which a worker is to be killed.

    On the way to the end, and back from where most was made, these are all; elsewhere the main
    ones.
    """
    if not told.is_own(plot):
        return
    whole = plot.turn is Turn.NONE or plot.during == LATEST
    for number, visit in enumerate(told.visits):
        if visit.direction == plot.dies:
            yield from ((number, point) for point in visit.points if whole or point in MAIN)


def carry_on(site: Site, plot: Plot, meets: Meets = lambda _visit, _point: None) -> int:
    """Let a fresh worker carry on in a child; return its id. The site keeps how it ended."""

    def child() -> None:
        Teller(site, plot, Watch(meets)).tell()
        site.keep("end", asdict(world.now_there()))

    return site.begin(child)
