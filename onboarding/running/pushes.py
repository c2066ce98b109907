"""After a push by a person: Flux is asked to fetch now, and not when its interval is over."""

import logging
from datetime import timedelta

from fleet import ground, rounds
from portal.clock import now
from portal.errors import BerthError
from tenants.lifecycle import LIVE
from tenants.models import Placement

log = logging.getLogger(__name__)


FLUX_TAKES = timedelta(seconds=15)  # about, from a request to an outcome that can be read


def ask_flux(repository: str) -> int:
    """Request a reconcile of every placement that reads the repository; return how many heard.

    What comes of it is looked at a little later.
    """
    placements = Placement.objects.filter(
        service__application__repository_name=repository, lifecycle__in=LIVE
    ).select_related("cluster", "tenant_cluster")
    return sum(_ask(placement) for placement in placements)


def _ask(placement: Placement) -> bool:
    try:
        rounds.look_soon(placement.cluster, now() + FLUX_TAKES)
        return ground.request_reconcile(placement, now())
    except BerthError as error:
        log.info("%s was not asked to fetch: %s", placement, error)
        return False
