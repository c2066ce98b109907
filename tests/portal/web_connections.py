"""Asks the database from many threads, as the web process has them, and prints what it saw.

Run by test_connections.py. The first import makes this a web process, as gunicorn does.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import close_old_connections, connection

import portal.wsgi  # noqa: F401 - sets Django up

THREADS = 16
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

together = Barrier(THREADS)


def asked(statement: str, *values: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return str(cursor.fetchone()[0])


def request() -> str:
    """Do what a thread does for a request, all threads at the same moment."""
    together.wait()
    backend = asked("SELECT pg_backend_pid()")
    together.wait()
    close_old_connections()
    return backend


def requests(pool: ThreadPoolExecutor) -> list[str]:
    return sorted({each.result() for each in [pool.submit(request) for _ in range(THREADS)]})


with ThreadPoolExecutor(THREADS) as pool:
    first, again = requests(pool), requests(pool)
    own = asked("SELECT pg_backend_pid()")
    for backend in set(first) - {own}:
        asked("SELECT pg_terminate_backend(%s)", int(backend))
    close_old_connections()
    after = requests(pool)
told = {
    "first": first,
    "again": again,
    "after": after,
    "limits": {name: asked(f"SHOW {name}") for name in LIMITS},
}
sys.stdout.write(json.dumps(told))
