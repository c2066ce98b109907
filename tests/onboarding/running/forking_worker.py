"""A worker whose own process has used the database, and whose jobs tell on which connection.

Run by test_worker.py. `forking_worker.py FILE JOBS`
"""

import os
import sys
from pathlib import Path

import django

django.setup()  # the imports below need the tables

import django_rq  # noqa: E402 (after the setup)
from django.db import connection  # noqa: E402 (the same)

from onboarding.running.worker import steady_worker  # noqa: E402 (the same)

JOB = "tests.onboarding.running.forking_worker.tell"


def tell(path: str) -> None:
    """Add a line: this process, and the server's process that it talks to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()} {backend}\n")


if __name__ == "__main__":
    for _ in range(int(sys.argv[2])):
        django_rq.get_queue().enqueue(JOB, sys.argv[1])
    worker = steady_worker()
    tell(sys.argv[1])  # the worker itself holds a connection when it forks
    worker.work(burst=True, logging_level="WARNING")
    tell(sys.argv[1])
