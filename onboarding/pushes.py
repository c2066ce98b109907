"""After a push by a person: Flux is asked to fetch now, and not when its interval is over."""

import logging

from fleet import ground
from portal.clock import now
from portal.errors import BerthError
from tenants.lifecycle import LIVE
from tenants.models import Placement

log = logging.getLogger(__name__)


def ask_flux(repository: str) -> int:
    """Request a reconcile of every placement that reads the repository; return how many heard."""
    placements = Placement.objects.filter(
        service__application__repository_name=repository, lifecycle__in=LIVE
    ).select_related("cluster", "tenant_cluster")
    return sum(_ask(placement) for placement in placements)


def _ask(placement: Placement) -> bool:
    try:
        return ground.request_reconcile(placement, now())
    except BerthError as error:
        log.info("%s was not asked to fetch: %s", placement, error)
        return False
