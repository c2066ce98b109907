"""When a cluster was last heard of, written down beside whatever is asked of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q

from audit.models import Entry
from fleet import toolbox
from fleet.actions import JOINED
from fleet.models import Connection
from fleet.ports import ClusterAccess
from portal.clock import now
from portal.errors import BerthError, ClusterBusy, ClusterForbidden, ClusterUnreachable
from tenants.models import Cluster

# all workers meet at this row: an answer so soon after another is not worth a write
WORTH_WRITING = timedelta(seconds=5)
ABOUT_THE_CLUSTER = (ClusterUnreachable, ClusterBusy, ClusterForbidden)


def never_joined(cluster: Cluster) -> bool:
    """Say whether the portal has never had a way to the cluster, so that nothing of it is there.

    A connection that has gone again has left its entry in the ledger.
    """
    if cluster.is_rehearsal or Connection.objects.filter(cluster=cluster).exists():
        return False
    return not Entry.objects.filter(object_uuid=cluster.uuid, verb=JOINED).exists()


@contextmanager
def listening(cluster: Cluster) -> Iterator[ClusterAccess]:
    """Give access to a cluster; afterwards its connection says whether it answered.

    Raises NotJoined, and lets every error of the access through.
    """
    connection = toolbox.connection_of(cluster)
    access = toolbox.access_by(connection, cluster)
    try:
        yield access
    except BerthError as error:
        note(cluster, error)
        raise
    if connection is not None and not _is_known_well(connection):
        note(cluster, None)


def _is_known_well(connection: Connection) -> bool:
    """Say whether the row said already that the cluster answers, when it was read."""
    heard = connection.heard_at
    return heard is not None and heard >= now() - WORTH_WRITING and not connection.last_error


def note(cluster: Cluster, error: BerthError | None) -> None:
    """Write down whether a cluster answered, and what is wrong with it."""
    connection = Connection.objects.filter(cluster=cluster)
    if isinstance(error, ClusterUnreachable):
        connection.update(last_error=error.detail)
    elif isinstance(error, ABOUT_THE_CLUSTER):
        connection.update(heard_at=now(), last_error=error.detail)
    else:
        moment = now()
        stale = Q(heard_at=None) | Q(heard_at__lt=moment - WORTH_WRITING) | ~Q(last_error="")
        connection.filter(stale).update(heard_at=moment, last_error="")
