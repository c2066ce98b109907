"""The queue's worker, with the settings that survive what production meets.

A worker that dies is noticed after about a minute and not after the thirteen that rq takes by
default, and one that the queue forgot (a restart of Valkey) puts itself on the list again.
"""

from typing import Any

import django_rq
from django.db import connections
from django.utils.module_loading import import_string
from rq import Queue, Worker
from rq.job import Job
from rq.worker_registration import register

from onboarding import toolbox
from onboarding.running import doorbell

TTL = 60  # seconds until the queue takes a silent worker for dead
MAINTENANCE = 30  # seconds between two looks for jobs that dead workers left


class SteadyWorker(Worker):
    """A worker that registers itself again with each heartbeat."""

    def heartbeat(self, *args: Any, **kwargs: Any) -> None:
        """Tell the queue that we live; after a restart of the queue also that we exist."""
        super().heartbeat(*args, **kwargs)
        register(self)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Start the process of a job; no connection to the database may cross the fork.

        What is known of files of entitlement does: broken since, they leave the old one in force.
        """
        toolbox.sources().refresh()
        connections.close_all()
        super().fork_work_horse(job, queue)


def steady_worker() -> SteadyWorker:
    """Return a worker on the default queue.

    What its jobs need is imported here, once, and not again in the process of every job.
    """
    for job in (doorbell.JOB, doorbell.PUSHED):
        import_string(job)
    queue = django_rq.get_queue()
    return SteadyWorker(
        [queue],
        connection=queue.connection,
        serializer=queue.serializer,
        worker_ttl=TTL,
        maintenance_interval=MAINTENANCE,
        log_job_description=False,
    )
