"""What can become of an order, told in child processes: how it is placed, and what turns it round.

A plot is a kind of order and a turn: none, a withdrawal or the loss of the entitlement during a
step, or people who refuse or never decide.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from itertools import count
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import DatabaseError, OperationalError, connection

from accounts.models import Role, User
from onboarding import actions, toolbox
from onboarding.engine.look import look
from onboarding.engine.steps import Outcome, Per, Step, Task, Tools
from onboarding.models import Direction, Draft, Order, RunState
from onboarding.stories import STORIES
from portal.clock import now
from portal.errors import RequesterNotEntitled, TooLate
from tenants.catalogue import ChangeType, Environment
from tenants.models import Application, Service
from tests.journey import NOBODY, POLICY, again, plan_of
from tests.make import (
    make_application,
    make_cluster,
    make_destination,
    make_environment,
    make_size,
    make_tenant,
    make_user,
)
from tests.stories import world
from tests.stories.apart import Site
from tests.stories.killing import MAIN, Meets, Visit, Watch

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
CLUSTERS = ("eu1-a", "eu1-b")
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


# How an order of each kind comes to be


def furnish() -> None:
    """Make the people, the catalogue and two rehearsal clusters on which every service runs."""
    alice, bob = make_user("alice", Role.DEVELOPER), make_user("bob", Role.APPROVER)
    prod = make_environment("prod", approver_group="prod-approvers", clusters_per_service=2)
    for cluster in CLUSTERS:
        make_cluster(cluster, environments=[prod])
    make_size()
    make_destination()
    for name, member in {"retail-developers": alice, "prod-approvers": bob}.items():
        Group.objects.create(name=name).user_set.set([member])
    tenant = make_tenant("retail", members=[alice, bob])
    make_application("basket", tenant=tenant, owner=alice)
    settings.BERTH_ENTITLEMENT_FILE.write_text(POLICY)


def onboard() -> None:
    """Order a berth for basket."""
    alice, application = User.objects.get(username="alice"), Application.objects.get()
    answers = {
        "application": str(application.uuid),
        "environments": ["prod"],
        "region": "eu1",
        "name": application.slug,
        "size": "s",
        "scaffold": "web-service",
        "destinations": ["orders-db"],
        "owner": str(alice.uuid),
    }
    draft = Draft.objects.create(person=alice, answers=answers)
    actions.submit(draft, by=alice, tools=toolbox.tools())


def standard() -> None:
    """Furnish a site on which policy approves, and order a berth for basket there, in real time."""
    furnish()
    Environment.objects.update(change_type=ChangeType.STANDARD)
    onboard()


def standing() -> Service:
    """Order a berth for basket, and let it come to its end."""
    onboard()
    order, tools = the_order(), toolbox.tools()
    look(order.pk, STORIES[order.kind], tools, owner="a worker")
    bob, digest = User.objects.get(username="bob"), plan_of(order).digest
    actions.approve(again(order), by=bob, digest=digest, reason="Fine.", sources=tools.sources)
    look(order.pk, STORIES[order.kind], tools, owner="a worker")
    assert again(order).is_over
    return Service.objects.get()


def resize() -> None:
    """Order another size and another destination for basket, which stands."""
    service, alice = standing(), User.objects.get(username="alice")
    size, reached = make_size("m", cpu_requests="2").slug, [make_destination("kafka").slug]
    actions.resize(
        service, by=alice, size=size, destinations=reached, reason="", tools=toolbox.tools()
    )


def offboard() -> None:
    """Order that basket, which stands, is taken away."""
    service, alice = standing(), User.objects.get(username="alice")
    actions.offboard(service, by=alice, reason="It is replaced.", tools=toolbox.tools())


Placed = Callable[[str], Site]
PLACED: Mapping[str, Callable[[], None]] = {
    "onboard": onboard,
    "resize": resize,
    "offboard": offboard,
}


def place(kind: str) -> None:
    """Bring this process, a child on a site, to where such an order has just been placed."""
    with time_machine.travel(START, tick=False):
        furnish()
        PLACED[kind]()


@pytest.fixture(scope="session")
def placed(empty: Site) -> Placed:
    """Give copies of a site on which an order of a kind has just been placed."""
    numbers = count(1)

    @cache
    def first(kind: str) -> Site:
        site = empty.copied(kind)
        site.do(lambda: place(kind))
        return site

    return lambda kind: first(kind).copied(f"plot{next(numbers)}")


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


def the_order() -> Order:
    """Return the order that the plot is about: the last one placed."""
    return Order.objects.latest("pk")


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
