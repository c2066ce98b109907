"""Changing what a placement has on its cluster: how much of it is used, and other objects in place.

Every function may be repeated after a crash at any point, and none runs inside a transaction.
"""

from collections.abc import Mapping, Sequence

from fleet import ground, hearing, objects
from fleet.budget import Budget
from fleet.objects import Entry, Resolve
from fleet.ports import Manifest, Ref
from portal.errors import QuotaPending
from tenants.models import Placement
from tenants.priming import labels


def quota_of(namespace: str, entries: Sequence[Entry]) -> Manifest:
    """Return the ResourceQuota of a placement's own namespace as a plan has it."""
    return next(
        each
        for each in objects.manifests(entries)
        if each["kind"] == "ResourceQuota" and each["metadata"]["namespace"] == namespace
    )


def used_of(placement: Placement, entries: Sequence[Entry]) -> Mapping[str, str]:
    """Return how much of each limit of the placement's quota is used on its cluster now.

    On a rehearsal nothing is. Raises QuotaPending when the cluster has not counted.
    """
    with hearing.listening(placement.cluster) as access:
        there = access.read(Ref.of(quota_of(placement.namespace, entries)))
        if access.rehearsal:
            return {}
    used: Mapping[str, str] = (there or {}).get("status", {}).get("used", {})
    if not used:
        raise QuotaPending(f"Nothing is known yet of what {placement} uses.")
    return used


def replace_objects(
    placement: Placement, entries: Sequence[Entry], *, instead_of: Sequence[Entry], resolve: Resolve
) -> str:
    """Apply a placement's objects and take away what only the earlier ones had.

    Raises what `ground.prime_placement` does, and StillGoing until what was taken away is gone.
    """
    said = ground.prime_placement(placement, entries, resolve=resolve)
    kept = {Ref.of(each) for each in objects.manifests(entries)}
    earlier = [Ref.of(each) for each in objects.manifests(instead_of)]
    ours = {labels.PLACEMENT: str(placement.uuid)}
    with hearing.listening(placement.cluster) as access:
        left = [ref for ref in earlier if ref not in kept]
        objects.remove(access, left, ours=ours, budget=Budget.of_effect())
    return said
