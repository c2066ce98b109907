"""A tenant's shared ground on a cluster: made when needed, under a lease, and taken away last."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from audit import ledger
from audit.ledger import Actor
from portal.clock import ASTRAY, now
from portal.errors import NameTaken, RecordMoved, TenantLeaving
from tenants.actions import rows
from tenants.lifecycle import LIVE
from tenants.models import Claim, ClaimKind, Presence, TenantCluster

MOVES = ("presence", "pack", "pack_version", "fence")  # of ground; whose and where it is stays
# of ground that is gone nothing is kept, not even the lease of whoever took it away
GONE: Mapping[str, Any] = {"pack_version": 0, "lease_owner": "", "lease_until": None}


@transaction.atomic
def settle(wanted: TenantCluster, *, by: Actor) -> TenantCluster:
    """Return the presence as it is, made or brought back, and kept from leaving until commit.

    Raises TenantLeaving while it is being taken away, and NameTaken for the control namespace.
    """
    presence = _there(wanted) or _made(wanted, by=by)
    if presence.uuid != wanted.uuid:
        raise RecordMoved(f"{presence} is known under another identity.")
    if rows.hold(presence, presence=Presence.PRESENT):
        return presence
    back = {"presence": Presence.PRESENT, "pack": wanted.pack}
    if not rows.move(presence, to=back, presence=Presence.GONE):
        raise TenantLeaving(f"{presence} is being taken away.")
    rows.note("brought back", presence, by=by, changes=_moved(Presence.GONE, Presence.PRESENT))
    presence.refresh_from_db()
    return presence


def _there(wanted: TenantCluster) -> TenantCluster | None:
    known = TenantCluster.objects.select_related("tenant", "cluster")
    return known.filter(tenant=wanted.tenant, cluster=wanted.cluster).first()


def _made(wanted: TenantCluster, *, by: Actor) -> TenantCluster:
    if _is_claimed(wanted):
        raise NameTaken(f"The namespace {wanted.control_namespace} is taken.")
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError as error:
        there = _there(wanted)
        if there is None:
            raise NameTaken(f"The namespace {wanted.control_namespace} is taken.") from error
        return there
    rows.note("made", wanted, by=by, changes=_moved(None, wanted.presence))
    return wanted


def _is_claimed(wanted: TenantCluster) -> bool:
    claims = Claim.objects.filter(kind=ClaimKind.NAMESPACE, scope=str(wanted.cluster.uuid))
    return claims.filter(name=wanted.control_namespace, released_at=None).exists()


@transaction.atomic
def mark_leaving(presence: TenantCluster, *, by: Actor) -> bool:
    """Let the presence leave if no placement stands on it any more; newcomers wait from now on."""
    if not rows.hold(presence, presence=Presence.PRESENT):
        return False
    if presence.placements.filter(lifecycle__in=LIVE).exists():
        return False
    return _move(presence, Presence.PRESENT, Presence.LEAVING, by=by)


@transaction.atomic
def mark_gone(presence: TenantCluster, fence: int, *, by: Actor = ledger.SYSTEM) -> bool:
    """Write down that nothing of the presence is left on the cluster.

    False when the fence is outdated, so that whoever holds the ground now finds out alone.
    """
    return _move(presence, Presence.LEAVING, Presence.GONE, fence=fence, by=by)


def _move(
    presence: TenantCluster,
    before: Presence,
    after: Presence,
    *,
    by: Actor,
    **seen: int,
) -> bool:
    to = {"presence": after, **(GONE if after == Presence.GONE else {})}
    if not rows.move(presence, to=to, presence=before, **seen):
        return False
    presence.refresh_from_db()
    rows.note("changed", presence, by=by, changes=_moved(before, after))
    return True


def _moved(before: Presence | None, after: str) -> dict[str, tuple[str | None, str]]:
    return {"presence": (before and before.value, str(after))}


def take_ground(presence: TenantCluster, owner: str, until: datetime) -> int | None:
    """Lease the ground to `owner` and return the fence, or None while somebody else has it.

    `presence` then says how it stands, as it was when the lease was taken. Whoever holds a lease
    takes it again to make it longer, with a new fence. A lease is no part of the record's content,
    so it leaves version and ledger alone.
    """
    free = Q(lease_until=None) | Q(lease_until__lte=now()) | Q(lease_owner=owner)
    of_a_wrong_clock = Q(lease_until__gt=until + ASTRAY)
    here = TenantCluster.objects.filter(free | of_a_wrong_clock, pk=presence.pk).exclude(
        presence=Presence.GONE
    )
    seen = here.values(*MOVES).first()
    if seen is None:
        return None
    taken = here.filter(**seen).update(lease_owner=owner, lease_until=until, fence=F("fence") + 1)
    if taken != 1:
        return None
    for field, value in (seen | {"fence": seen["fence"] + 1}).items():
        setattr(presence, field, value)
    return presence.fence


def leave_ground(presence: TenantCluster, fence: int) -> bool:
    """Give the lease back. False when it had passed to somebody else."""
    mine = TenantCluster.objects.filter(pk=presence.pk, fence=fence)
    return mine.update(lease_owner="", lease_until=None) == 1


@transaction.atomic
def note_pack(
    presence: TenantCluster, pack: str, version: int, fence: int, *, by: Actor = ledger.SYSTEM
) -> bool:
    """Write down which pack was applied, in which version. False when the fence is outdated.

    `presence` is as `take_ground` left it. That nothing newer was there is for whoever applied it
    to know: it is seen on the cluster.
    """
    seen: dict[str, Any] = {"pack": presence.pack, "pack_version": presence.pack_version}
    after: dict[str, Any] = {"pack": pack, "pack_version": version}
    changes = {key: (seen[key], after[key]) for key in after if seen[key] != after[key]}
    if not changes:
        return TenantCluster.objects.filter(pk=presence.pk, fence=fence).exists()
    if not rows.move(presence, to=after, fence=fence, **seen):
        return False
    for field, value in after.items():
        setattr(presence, field, value)
    rows.note("changed", presence, by=by, changes=changes)
    return True
