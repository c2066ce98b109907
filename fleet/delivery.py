"""Flux's word on one placement: read from source and Kustomization, and kept as the last one."""

from datetime import datetime

from fleet import status
from fleet.models import Observation
from fleet.ports import ClusterAccess, Delivered, Health, Ref
from portal.clock import now
from tenants.models import Placement

REVISION, REASON = 200, 100  # characters of foreign words that the columns hold
SOURCE = ("source.toolkit.fluxcd.io/v1", "GitRepository")
KUSTOMIZATION = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"


def source_of(placement: Placement) -> Ref:
    """Return which object Flux fetches the placement's repository by."""
    return Ref(*SOURCE, placement.flux_namespace, placement.name)


def kustomization_of(placement: Placement) -> Ref:
    """Return which object Flux applies the placement by."""
    return Ref(*KUSTOMIZATION, placement.flux_namespace, placement.name)


def read(access: ClusterAccess, placement: Placement) -> Delivered:
    """Return how the delivery stands now; on a rehearsal, whether it was rehearsed."""
    source = access.read(source_of(placement))
    kustomization = access.read(kustomization_of(placement))
    if access.rehearsal:
        whole = Health.READY if source and kustomization else Health.ABSENT
        return Delivered(whole, whole, rehearsal=True)
    return status.delivered(source, kustomization)


def request(access: ClusterAccess, placement: Placement, at: datetime) -> bool:
    """Ask Flux to fetch now. The Kustomization follows a new artifact by itself."""
    return access.annotate(source_of(placement), {REQUESTED_AT: at.isoformat()})


def note(placement: Placement, said: Delivered) -> None:
    """Keep what was said, unless a later word is kept already."""
    seen = {
        "seen_at": now(),
        "source": said.source.value,
        "kustomization": said.kustomization.value,
        "source_revision": said.source_revision[:REVISION],
        "attempted_revision": said.attempted_revision[:REVISION],
        "applied_revision": said.applied_revision[:REVISION],
        "reason": said.reason[:REASON],
        "message": said.message,
    }
    earlier = Observation.objects.filter(placement=placement, seen_at__lte=seen["seen_at"])
    if not earlier.update(**seen):
        Observation.objects.bulk_create(
            [Observation(placement=placement, **seen)], ignore_conflicts=True
        )
