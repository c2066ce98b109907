"""Whether the guards on a cluster really hold the portal's account, tried before it has a token.

An API server enforces a new admission policy only some time after it took it. Until then the
account could do whatever its roles allow.
"""

from collections.abc import Callable
from threading import Event

from fleet import account
from fleet.ports import Manifest, Trial
from portal.errors import NotJoined

# An API server looks for new policies once a second, and there may be several behind an address:
# a few refusals in a row, with more than that in between, are asked for before one is believed.
STEADY, TRIES, PAUSE = 3, 40, 0.75  # refusals in a row; questions; seconds between questions
KIND = "ValidatingAdmissionPolicy"

# Dry runs of what the roles allow and a guard must refuse. The guard on namespaces is applied
# last of all, so where it stands the others do.
BAIT: dict[str, Manifest] = {
    "berth-portal-bindings": {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "berth-check", "namespace": account.NAMESPACE},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "berth:flux-viewer",
        },
        "subjects": [],
    },
    "berth-portal-namespaces": {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "berth-check"},
    },
}

_never = Event()


def wait_for_guards(portal: Trial, *, sleep: Callable[[float], object] = _never.wait) -> None:
    """Return once the guards refuse the portal's account what they should, for half a minute.

    Raises NotJoined with the API server's last word when they do not.
    """
    in_a_row = 0
    let_through = ""
    for _ in range(TRIES):
        let_through = _let_through(portal)
        in_a_row = 0 if let_through else in_a_row + 1
        if in_a_row == STEADY:
            return
        sleep(PAUSE)
    raise NotJoined(
        f"The guards on this cluster do not hold the portal's account back: {let_through} "
        "Make sure that everything in deploy/cluster is applied and that the admission plugin "
        "ValidatingAdmissionPolicy is on, then join again. The account has no token until then."
    )


def open_guard(portal: Trial, *, sleep: Callable[[float], object] = _never.wait) -> str:
    """Return a sentence on a guard that holds nobody back any more, or "" while all refuse.

    One refusal is believed. A server that has just started may let through what it does not know
    yet, so it is asked several times.
    """
    let_through = _let_through(portal)
    for _ in range(STEADY - 1):
        if not let_through:
            return ""
        sleep(PAUSE)
        let_through = _let_through(portal)
    return let_through


def _let_through(portal: Trial) -> str:
    """Return a sentence on the first guard that is not in force, or ""."""
    for guard, bait in BAIT.items():
        said = portal.would_refuse(bait)
        if guard not in said or KIND not in said:
            return f"{guard} refused nothing ({said or 'the object would have been made'})."
    return ""
