"""What the process above does on clusters: prime, take away, look. Each call is an effect.

Every function may be repeated after a crash at any point, and none runs inside a transaction.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings

from audit.ledger import SYSTEM
from fleet import delivery, hearing, objects, toolbox
from fleet.budget import Budget
from fleet.objects import Entry, Resolve
from fleet.ports import (
    MANAGER,
    PLACEMENT_PREFIX,
    ClusterAccess,
    Delivered,
    Manifest,
    Ref,
    placements_in,
)
from portal.clock import now
from portal.errors import BerthError, ClusterBusy, PackNewer, StillGoing, TenantLeaving
from tenants.actions import ground as shared
from tenants.actions import registration
from tenants.models import Cluster, Placement, Presence, TenantCluster
from tenants.priming import labels

GLANCE = 2.0  # seconds that a person's form waits for a cluster


def prime_tenant(
    presence: TenantCluster, entries: Sequence[Entry], *, pack: str, pack_version: int, owner: str
) -> str:
    """Apply a tenant's shared ground under its own lease, and return what was done in words.

    Ground that a newer version of the pack or another pack has made stays as it is, because every
    pack keeps the same invariants; a pack that shares nothing needs none. Raises TenantLeaving,
    NamespaceForeign, PackNewer where the ground does not admit this plan's source, and ClusterBusy
    while another order has it.
    """
    budget = Budget.of_effect()
    with _holding(presence, owner) as fence:
        if presence.presence != Presence.PRESENT:
            raise TenantLeaving(f"{presence} is being taken away.")
        if not entries:
            return f"Nothing is shared on {presence.cluster.slug}."
        made = objects.manifests(entries)
        with hearing.listening(presence.cluster) as access:
            objects.refuse_foreign(access, made, budget)
            if _is_ahead(presence, pack, pack_version) and _stands(access, presence, made, budget):
                kept = f"{presence.pack} {presence.pack_version}"
                return f"{presence.control_namespace} stays as pack {kept} made it."
            report = objects.apply(access, entries, manager=MANAGER, budget=budget)
        if not shared.note_pack(presence, pack, pack_version, fence):
            raise ClusterBusy(f"Another order took over {presence} meanwhile.")
    return f"{len(report.applied)} objects are in {presence.control_namespace}."


def prime_placement(placement: Placement, entries: Sequence[Entry], *, resolve: Resolve) -> str:
    """Apply a placement's objects, and return what was done in words.

    `resolve` turns the name of a secret reference into the secret; it is asked just before the
    apply and the answer is kept nowhere. Raises NamespaceForeign.
    """
    budget = Budget.of_effect()
    home = _flux_namespace(placement)
    own_line = [entry for entry in entries if _is_own_line(entry["manifest"], home)]
    rest = [entry for entry in entries if not _is_own_line(entry["manifest"], home)]
    with hearing.listening(placement.cluster) as access:
        there = access.read(home, within=budget.call()) if own_line else None
        if own_line and there is None:
            raise ClusterBusy(f"The namespace {home.name} is not there yet.")
        objects.refuse_foreign(access, objects.manifests(rest), budget)
        manager = f"{MANAGER}-{placement.uuid}"
        line = [_only_on(there, entry) for entry in own_line]
        objects.apply(access, line, manager=manager, budget=budget)
        whole = [objects.with_secrets(entry, resolve) for entry in rest]
        report = objects.apply(access, whole, manager=MANAGER, budget=budget)
    return f"{len(report.applied)} objects are on {placement.cluster.slug}."


def unprime_placement(placement: Placement, entries: Sequence[Entry]) -> None:
    """Take away what carries the placement's UUID, and its line in the control namespace.

    Raises StillGoing until all of it is gone. Called on nothing, it does nothing, also on a cluster
    that has never joined.
    """
    if hearing.never_joined(placement.cluster):
        return
    budget = Budget.of_effect()
    ours = {labels.PLACEMENT: str(placement.uuid)}
    home = _flux_namespace(placement)
    made = [each for each in objects.manifests(entries) if not _is_own_line(each, home)]
    refs = [Ref.of(each) for each in reversed(made)]
    spaces = [ref for ref in refs if ref.kind == "Namespace"]
    with hearing.listening(placement.cluster) as access:
        there = access.read(home, within=budget.call())
        # a namespace on its way out takes everything along, the portal's rights in it first
        if there is not None and "deletionTimestamp" not in there["metadata"]:
            inside = [ref for ref in refs if ref.namespace == home.name]
            # first and wholly: it still prunes with the rights of the account beside it
            last_word = [ref for ref in inside if ref.kind == "Kustomization"]
            objects.remove(access, last_word, ours=ours, budget=budget)
            if home not in spaces and placement.namespace in placements_in(there):
                # the line came before everything else there, so without it nothing did
                objects.remove(access, inside, ours=ours, budget=budget)
        objects.remove(access, spaces, ours=ours, budget=budget)
        if home not in spaces and placement.namespace in placements_in(there):
            access.annotate(home, {f"{PLACEMENT_PREFIX}{placement.namespace}": None})


def unprime_tenant_if_last(placement: Placement, *, owner: str) -> None:
    """Retire a placement that was taken away; the last one takes the shared ground with it.

    Raises what `unprime_tenant` does.
    """
    registration.retire_placement(placement, by=SYSTEM)
    presence = placement.tenant_cluster
    presence.refresh_from_db()
    if presence.presence == Presence.LEAVING:
        unprime_tenant(presence, owner=owner)


def unprime_tenant(presence: TenantCluster, *, owner: str) -> None:
    """Take away the shared ground of a presence that is leaving, and write down that it is gone.

    What it is follows from the record: the last to leave may have come with a pack that shares
    nothing. Raises StillGoing until it is gone, also while placements still have a line in it.
    """
    budget = Budget.of_effect()
    with _holding(presence, owner) as fence:
        if not hearing.never_joined(presence.cluster):
            _remove_ground(presence, budget)
        if not shared.mark_gone(presence, fence):
            raise ClusterBusy(f"Another order took over {presence} meanwhile.")


def _remove_ground(presence: TenantCluster, budget: Budget) -> None:
    ours = {labels.TENANT_CLUSTER: str(presence.uuid)}
    with hearing.listening(presence.cluster) as access:
        guests = access.placements_of(presence.control_namespace)
        if guests:
            raise StillGoing(f"{presence.control_namespace} still serves {', '.join(guests)}.")
        objects.remove(access, [_control_namespace(presence)], ours=ours, budget=budget)


def delivery_of(placement: Placement) -> Delivered:
    """Return what Flux says of a placement, read just now and kept as its last word.

    On a rehearsal cluster Flux says nothing, and nothing is kept.
    """
    with hearing.listening(placement.cluster) as access:
        said = delivery.read(access, placement)
    if not said.rehearsal:
        delivery.note(placement, said)
    return said


def request_reconcile(placement: Placement, at: datetime) -> bool:
    """Ask Flux to look at the source now. False when the source is not there."""
    with hearing.listening(placement.cluster) as access:
        return delivery.request(access, placement, at)


def name_is_free(cluster: Cluster, namespace: str) -> bool | None:
    """Say whether a namespace could be made on a cluster; None when the cluster cannot be asked.

    One of our own counts as free here: who holds it is told by the record's claims. A person types
    meanwhile, so it waits shortly, and a cluster that is slower than that is not thought silent.
    """
    ref = Ref("v1", "Namespace", "", namespace)
    try:
        there = toolbox.access(cluster).read(ref, within=GLANCE)
    except BerthError:
        return None
    return there is None or there["metadata"].get("labels", {}).get(labels.MANAGED_BY) == MANAGER


@contextmanager
def _holding(presence: TenantCluster, owner: str) -> Iterator[int]:
    """Hold the lease of a tenant's ground and give its fence."""
    fence = shared.take_ground(presence, owner, until=now() + settings.BERTH_LEASE)
    if fence is None:
        raise ClusterBusy(f"Another order works on {presence}.")
    try:
        yield fence
    finally:
        shared.leave_ground(presence, fence)


def _is_ahead(presence: TenantCluster, pack: str, version: int) -> bool:
    """Say whether the ground was made by another pack, or by a newer version than this one."""
    if not presence.pack_version:
        return False
    return presence.pack != pack or presence.pack_version > version


def _stands(
    access: ClusterAccess, presence: TenantCluster, made: Sequence[Manifest], budget: Budget
) -> bool:
    """Say whether the ground is there. Raises PackNewer if it does not admit the plan's source.

    It is known to be ours by now. The prefixes of sources are all that placements need of it and
    that may differ: everything else about it is the same in every pack.
    """
    there = access.read(_control_namespace(presence), within=budget.call())
    if there is None:
        return False
    missing = _sources(made) - _sources([there])
    if missing:
        raise PackNewer(
            f"{presence} was made by pack {presence.pack} {presence.pack_version}"
            f" and admits no sources below {', '.join(sorted(missing))}."
        )
    return True


def _sources(namespaces: Sequence[Manifest]) -> set[str]:
    """Return the prefixes that annotate the namespaces among these objects."""
    listed = (each["metadata"].get("annotations", {}) for each in namespaces)
    joined = [each[labels.ALLOWED_SOURCES] for each in listed if labels.ALLOWED_SOURCES in each]
    return {prefix for each in joined for prefix in each.split(",")}


def _control_namespace(presence: TenantCluster) -> Ref:
    return Ref("v1", "Namespace", "", presence.control_namespace)


def _flux_namespace(placement: Placement) -> Ref:
    return Ref("v1", "Namespace", "", placement.flux_namespace)


def _only_on(there: Manifest | None, entry: Entry) -> Entry:
    """Return the entry for this very object: an apply must not make anew what is gone by then."""
    manifest = entry["manifest"]
    if there is None:
        return entry
    metadata = {**manifest["metadata"], "uid": there["metadata"]["uid"]}
    return {**entry, "manifest": {**manifest, "metadata": metadata}}


def _is_own_line(manifest: Manifest, home: Ref) -> bool:
    """Say whether this is the annotation that a placement adds to the control namespace."""
    return Ref.of(manifest) == home and "labels" not in manifest["metadata"]
