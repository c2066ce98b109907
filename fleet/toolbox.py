"""Which adapter reaches a cluster. The only importer of adapters."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from fleet.connections.admin import AdminAccess
from fleet.connections.api import ApiAccess
from fleet.connections.rehearsal import RehearsalAccess
from fleet.models import Connection
from fleet.ports import (
    Administration,
    ClusterAccess,
    Endpoint,
    IssuedToken,
    Lister,
    TokenIssuer,
    Trial,
)
from portal import vault
from portal.errors import NotJoined
from portal.outbound import WayOut
from tenants.models import Cluster


@dataclass(frozen=True)
class _Kept:
    """An adapter with its connections, the process that made it, and what it was made from."""

    pid: int
    made_from: tuple[str, ...]
    access: ApiAccess


_kept: dict[int, _Kept] = {}


def access(cluster: Cluster) -> ClusterAccess:
    """Return the way to a cluster. Raises NotJoined when there is none yet."""
    return access_by(connection_of(cluster), cluster)


def connection_of(cluster: Cluster) -> Connection | None:
    """Return the row with the way to a cluster; None for a rehearsal, which needs none."""
    return None if cluster.is_rehearsal else Connection.objects.filter(cluster=cluster).first()


def access_by(connection: Connection | None, cluster: Cluster) -> ClusterAccess:
    """Return the way to a cluster whose row was read just now. Raises NotJoined without one."""
    if cluster.is_rehearsal:
        return RehearsalAccess(rehearsal_folder(cluster))
    return _api(cluster, connection)


def issuer(connection: Connection) -> TokenIssuer:
    """Return what renews the portal's own token on a cluster. Raises NotJoined."""
    return _api(connection.cluster, connection)


def lister(connection: Connection) -> Lister:
    """Return what reads a cluster as a whole. Raises NotJoined."""
    return _api(connection.cluster, connection)


def own_trial(cluster: Cluster) -> Trial | None:
    """Return a cluster as the portal's account may try it; None for a rehearsal. Raises NotJoined.

    A rehearsal has no guards: nobody writes there but the portal.
    """
    return None if cluster.is_rehearsal else _api(cluster, connection_of(cluster))


def administration(name: str, *, kubeconfig: Path | None, context: str) -> Administration:
    """Return a cluster as its administrator sees it. Raises NotJoined for a bad kubeconfig."""
    return AdminAccess.from_kubeconfig(name, kubeconfig=kubeconfig, context=context, way=_way_out())


def trial(name: str, endpoint: Endpoint, token: IssuedToken) -> Trial:
    """Return a cluster as the bearer of a token sees it that is in no record yet."""
    return ApiAccess(name, endpoint, way=_way_out(), authorization=f"Bearer {token.text}")


def rehearsal_folder(cluster: Cluster) -> Path:
    """Return where a rehearsal cluster keeps what would have been applied."""
    return settings.BERTH_REHEARSAL_FOLDER / f"{cluster.slug}-{str(cluster.uuid)[:8]}"


def _api(cluster: Cluster, connection: Connection | None) -> ApiAccess:
    if connection is None:
        raise NotJoined(f"{cluster.slug} has not joined.")
    made_from = (
        connection.server,
        connection.authority,
        connection.tls_server_name,
        connection.token_sealed,
    )
    kept = _kept.get(connection.pk)
    # a forked child must not speak on its parent's connections
    if kept is None or (kept.pid, kept.made_from) != (os.getpid(), made_from):
        kept = _Kept(os.getpid(), made_from, _made(cluster, connection))
        _kept[connection.pk] = kept
    return kept.access


def _made(cluster: Cluster, connection: Connection) -> ApiAccess:
    try:
        token = vault.opened(connection.token_sealed)
    except ValueError as error:
        raise NotJoined(f"The token of {cluster.slug} cannot be opened: {error}") from error
    endpoint = Endpoint(connection.server, connection.authority, connection.tls_server_name)
    return ApiAccess(cluster.slug, endpoint, way=_way_out(), authorization=f"Bearer {token}")


def _way_out() -> WayOut:
    return WayOut(settings.BERTH_CA_BUNDLE, settings.BERTH_PROXY, settings.BERTH_NO_PROXY)
