"""A worker that does the step `prime`, says so in a file, and hangs before it writes the outcome.

Run by test_sigkill.py, which kills it there. `hanging_worker.py FILE`
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import django

django.setup()  # the imports below need the tables

from onboarding.engine.steps import Outcome, Step, Task, Tools  # noqa: E402
from onboarding.models import Kind  # noqa: E402
from onboarding.running.worker import steady_worker  # noqa: E402
from onboarding.stories import STORIES  # noqa: E402

FATAL = "prime"


def hanging(step: Step) -> Step:
    """Return the step, its act followed by a wait for the end."""

    def act(task: Task, tools: Tools) -> Outcome:
        step.do(task, tools)
        marker = Path(sys.argv[1])
        marker.with_suffix(".draft").write_text(str(os.getpid()))
        marker.with_suffix(".draft").replace(marker)
        signal.pause()
        raise AssertionError("nobody wakes us")

    return replace(step, do=act) if step.name == FATAL else step


story = STORIES[str(Kind.ONBOARD)]
STORIES[str(Kind.ONBOARD)] = replace(story, steps=[hanging(step) for step in story.steps])
steady_worker().work(logging_level="WARNING")
