"""Rounds through the fleet: what Flux says of every placement, though nobody asked just then.

Silence stays visible: a cluster that does not answer keeps its last word and its age.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from fleet import abreast, delivery, hearing, status, toolbox
from fleet.models import Connection
from fleet.ports import Manifest, Ref
from portal.errors import BerthError
from tenants.lifecycle import LIVE
from tenants.models import Cluster, Placement
from tenants.priming import labels

EVERY = timedelta(minutes=1)
AT_ONCE = 16  # clusters in one round
OURS = f"{labels.MANAGED_BY}=berth"

Seen = Mapping[Ref, Manifest]  # all sources and Kustomizations of ours on a cluster


def look_around(moment: datetime) -> list[str]:
    """Look at clusters that are due, and return the names of those that answered."""
    due = Connection.objects.filter(look_at__lte=moment).select_related("cluster")
    chosen = list(due.order_by("look_at")[:AT_ONCE])
    mine = [each for each in chosen if _take(each, moment)]
    return [each.cluster.slug for each in _look(mine)]


def look_at(cluster: Cluster, moment: datetime) -> bool:
    """Look at one cluster now; say whether it answered. False also where none has joined."""
    connection = Connection.objects.filter(cluster=cluster).select_related("cluster").first()
    if connection is None:
        return False
    Connection.objects.filter(pk=connection.pk).update(look_at=moment + EVERY)
    return bool(_look([connection]))


def look_soon(cluster: Cluster, at: datetime) -> None:
    """Let the next round that begins at this moment or later look at the cluster."""
    Connection.objects.filter(cluster=cluster, look_at__gt=at).update(look_at=at)


def _take(connection: Connection, moment: datetime) -> bool:
    """Take a cluster for this round, unless another sweeper was quicker."""
    as_seen = Connection.objects.filter(pk=connection.pk, look_at=connection.look_at)
    return as_seen.update(look_at=moment + EVERY) == 1


def _look(connections: Sequence[Connection]) -> list[Connection]:
    answers = abreast.ask([partial(_read, connection) for connection in connections])
    answered = []
    for connection, seen in zip(connections, answers, strict=True):
        if isinstance(seen, BerthError):
            hearing.note(connection.cluster, seen)
        else:
            hearing.note(connection.cluster, None)
            _keep(connection.cluster, seen)
            answered.append(connection)
    return answered


def _read(connection: Connection) -> Seen:
    lister = toolbox.lister(connection)
    return {
        # objects in a list do not say their kind
        Ref(*kind, each["metadata"]["namespace"], each["metadata"]["name"]): each
        for kind in (delivery.SOURCE, delivery.KUSTOMIZATION)
        for each in lister.listed(*kind, labels=OURS) or ()
    }


def _keep(cluster: Cluster, seen: Seen) -> None:
    live = Placement.objects.filter(cluster=cluster, lifecycle__in=LIVE)
    for placement in live.select_related("tenant_cluster"):
        source = seen.get(delivery.source_of(placement))
        kustomization = seen.get(delivery.kustomization_of(placement))
        delivery.note(placement, status.delivered(source, kustomization))
