"""What the queue may ask for. A job carries an id and nothing else."""

import os
import socket
from uuid import uuid4

from audit.ledger import WORKER, coming_from
from onboarding import stories
from onboarding.engine.look import look
from onboarding.models import Order
from onboarding.running.pushes import ask_flux
from onboarding.toolbox import tools
from portal import logs


def look_at(order_id: int) -> None:
    """Look at one order; one that is gone or over is nothing to do."""
    order = Order.objects.filter(pk=order_id, ended_as="").first()
    if order is not None:
        with coming_from(WORKER), logs.about(order=order.pk):
            look(order.pk, stories.of(order), tools(), owner=worker_name())


def after_push(repository: str) -> None:
    """Ask Flux to fetch a repository that somebody pushed to."""
    with logs.about(repository=repository):
        ask_flux(repository)


def worker_name() -> str:
    """Return a name for this look that no other look ever has."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid4().hex[:12]}"
