"""A worker whose jobs ask the sources of entitlement, and put other files in their place.

Run by test_worker.py. `ruling_worker.py FILE POLICY …`: before every question but the first comes
the next policy.
"""

import sys
from pathlib import Path

import django

django.setup()  # the imports below need the tables

import django_rq  # noqa: E402 (after the setup)
from django.conf import settings  # noqa: E402 (the same)

from onboarding import toolbox  # noqa: E402 (the same)
from onboarding.ports import Query  # noqa: E402 (the same)
from onboarding.running.worker import steady_worker  # noqa: E402 (the same)

HERE = "tests.onboarding.running.ruling_worker"
QUERY = Query("local:alice", frozenset(), "onboard", "retail", "basket", "dev")


def tell(path: str) -> None:
    """Add a line with the answer, and whether it rests on a file that is not there any more."""
    ruling = toolbox.sources().ruling(QUERY)
    with Path(path).open("a") as file:
        file.write(f"{ruling.outcome.value} {'broken_file' in ruling.evidence}\n")


def put(policy: str) -> None:
    settings.BERTH_ENTITLEMENT_FILE.write_text(policy)


if __name__ == "__main__":
    queue, lines = django_rq.get_queue(), sys.argv[1]
    put(sys.argv[2])
    queue.enqueue(f"{HERE}.tell", lines)
    for text in sys.argv[3:]:
        queue.enqueue(f"{HERE}.put", text)
        queue.enqueue(f"{HERE}.tell", lines)
    steady_worker().work(burst=True, logging_level="WARNING")
