"""Joining a cluster with its administrator's access, which is used once and stored nowhere.

From then on the portal works as its own account, with a token that it renews itself.
"""

from audit.ledger import Actor
from fleet import account, actions, groundwork, hearing, objects, survey, toolbox, trial
from fleet.actions import Place
from fleet.models import Connection
from fleet.ports import MANAGER, Administration, IssuedToken, Ref
from portal.clock import now
from portal.errors import NotJoined
from tenants.models import Cluster

SECONDS = 60.0  # that applying the groundwork may take; nobody holds a lease here
KUBE_SYSTEM = Ref("v1", "Namespace", "", "kube-system")
HOME = Ref("v1", "Namespace", "", account.NAMESPACE)


def apply_groundwork(admin: Administration) -> int:
    """Apply the portal's account, roles and guards; return how many objects there are.

    Raises the gravest error of the objects that failed. Nothing is taken over by force.
    """
    report = admin.apply(groundwork.waves(), manager=MANAGER, within=SECONDS)
    if report.failed:
        raise objects.gravest(report)
    return len(report.applied)


def check(place: Place, admin: Administration) -> str:
    """Return the UID of the cluster, if its place in the record is for it. Raises NotJoined."""
    found = admin.read(KUBE_SYSTEM)
    if found is None:
        raise NotJoined("The cluster has no namespace kube-system.")
    cluster_uid = str(found["metadata"]["uid"])
    actions.refuse_mistaken(place, cluster_uid)
    return cluster_uid


def join(place: Place, admin: Administration, *, by: Actor) -> Connection:
    """Get the portal's own token, look around, and write the connection into the record.

    The groundwork has to be there. Raises NotJoined, also while the guards do not stand, and
    ClusterForbidden when the portal's account cannot work.
    """
    cluster_uid = check(place, admin)
    asked_at = now()
    token = guarded_token(place.name, admin)
    seen = survey.look(admin)
    found = {
        "cluster_uid": cluster_uid,
        "server": admin.endpoint.server,
        "authority": admin.endpoint.authority,
        "tls_server_name": admin.endpoint.tls_server_name,
        **account.columns(token, asked_at),
        "kubernetes_version": seen.version,
        "flux_version": survey.flux_version(seen),
        "findings": survey.findings(seen),
        "joined_at": asked_at,
        "last_error": "",
    }
    connection = actions.join(place, found, by=by)
    prove(connection.cluster)
    return connection


def guarded_token(name: str, admin: Administration) -> IssuedToken:
    """Return a token of the portal's account, once the guards are seen to hold the account.

    Raises NotJoined; the token is forgotten then.
    """
    token = account.issue(admin)
    trial.wait_for_guards(toolbox.trial(name, admin.endpoint, token))
    return token


def prove(cluster: Cluster) -> None:
    """Read something with the access that is in the record now."""
    with hearing.listening(cluster) as access:
        access.read(HOME)
