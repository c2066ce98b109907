"""Looking around: what Flux says of every placement in use, read again and again.

Clusters are looked at side by side, so that one that hangs does not make the others look stale.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections, connections
from django.db.models import Q, QuerySet

from fleet import ground
from portal.clock import now
from portal.errors import BerthError
from tenants.lifecycle import Lifecycle
from tenants.models import Cluster, Delivery, Placement

SEEN_LATELY = timedelta(seconds=45)
SIDE_BY_SIDE = 8  # clusters
A_LOOK = 200  # placements of one cluster in one look
IN_USE = (Lifecycle.OPERATIONAL, Lifecycle.RETIRING)

log = logging.getLogger(__name__)


def unseen(moment: datetime) -> QuerySet[Placement]:
    """Return placements in use of which nothing was read lately, the longest unseen first.

    On a rehearsal there is nothing to see.
    """
    lately = Q(observation=None) | Q(observation__seen_at__lte=moment - SEEN_LATELY)
    real = Placement.objects.filter(lifecycle__in=IN_USE, cluster__delivery=Delivery.API)
    return real.filter(lately).order_by("observation__seen_at")


def look_around() -> int:
    """Read every placement that was not seen lately, and return how many were read."""
    waiting = unseen(now()).order_by().values("cluster")
    clusters = Cluster.objects.filter(pk__in=waiting)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return sum(pool.map(_look_at, clusters))


def _look_at(cluster: Cluster) -> int:
    """Read the placements of one cluster, until it does not answer any more."""
    count = 0
    try:
        for placement in (
            unseen(now())
            .filter(cluster=cluster)
            .select_related("cluster", "tenant_cluster")[:A_LOOK]
        ):
            ground.delivery_of(placement)
            count += 1
    except (BerthError, DatabaseError) as error:
        log.info("%s: looked at %d placements, then: %s", cluster.slug, count, error)
    finally:
        connections.close_all()
    return count


def watch(*, keep_going: Callable[[], bool], pause: Callable[[float], object]) -> None:
    """Look around until `keep_going` says no. A round that fails is told and tried again."""
    while keep_going():
        close_old_connections()
        try:
            look_around()
        except DatabaseError as error:
            log.warning("a look around failed and is tried again: %s", type(error).__name__)
        pause(5.0)
