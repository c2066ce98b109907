"""The nightly look over clusters: what is there that nobody owns, and what is not there any more.

Nothing is mended here. What an order makes is claimed before it is made and given back after it is
gone, so the record is read before and after the cluster: owned at either time is owned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db.models import Q

from fleet import abreast, beats, delivery, hearing, toolbox, trial
from fleet.beats import Sighting
from fleet.models import Beat, StrayKind
from fleet.ports import Lister, Manifest, Ref, Trial
from portal.errors import BerthError, NotJoined
from tenants.lifecycle import LIVE, Lifecycle
from tenants.models import (
    Claim,
    ClaimKind,
    Cluster,
    Delivery,
    Placement,
    Presence,
    TenantCluster,
)
from tenants.priming import labels

AT_ONCE = 16  # clusters in one round
OURS = f"{labels.MANAGED_BY}=berth"
SETTLED = (Lifecycle.REHEARSED, Lifecycle.OPERATIONAL)  # nothing is made or undone by an order


@dataclass(frozen=True)
class Owned:
    """What the record has on a cluster; `standing` are namespaces that have to be there."""

    namespaces: frozenset[str]
    objects: frozenset[Ref]
    standing: frozenset[str]


@dataclass(frozen=True)
class Seen:
    """What carries our label on a cluster, and the words on a guard that refuses nothing."""

    namespaces: Sequence[Manifest]
    objects: Sequence[Ref]
    open_guard: str


def look_over_clusters(moment: datetime) -> list[str]:
    """Go over clusters that are due, and return the names of those that answered."""
    _begin(moment)
    due = Beat.objects.filter(due_at__lte=moment, cluster__isnull=False).select_related("cluster")
    chosen = list(due.order_by("due_at")[:AT_ONCE])
    return _look([beat for beat in chosen if beats.take(beat, moment)], moment)


def _begin(moment: datetime) -> None:
    """Let every cluster be gone over that can be, from the first round on that knows it."""
    within_reach = Q(delivery=Delivery.REHEARSAL) | Q(connection__isnull=False)
    fresh = Cluster.objects.filter(within_reach, beat=None)
    rows = [Beat(place=str(each.uuid), cluster=each, due_at=moment) for each in fresh]
    Beat.objects.bulk_create(rows, ignore_conflicts=True)


def _look(chosen: Sequence[Beat], moment: datetime) -> list[str]:
    reached = [(beat, cluster, ways) for beat in chosen for cluster, ways in _ways(beat)]
    before = [owned(cluster) for _, cluster, _ in reached]
    answers = abreast.ask([partial(_read, *ways) for _, _, ways in reached])
    answered = []
    for (beat, cluster, _), record, seen in zip(reached, before, answers, strict=True):
        if isinstance(seen, BerthError):
            hearing.note(cluster, seen)
            beats.keep_failure(beat, seen.detail or seen.code)
        else:
            hearing.note(cluster, None)
            beats.keep(beat, list(sightings(record, owned(cluster), seen)), moment)
            answered.append(cluster.slug)
    return answered


def _ways(beat: Beat) -> Iterator[tuple[Cluster, tuple[Lister, Trial | None]]]:
    """Give the cluster with the ways to it, if there are any."""
    if beat.cluster is None:
        return
    try:
        yield beat.cluster, (toolbox.access(beat.cluster), toolbox.own_trial(beat.cluster))
    except NotJoined as error:
        beats.keep_failure(beat, error.detail)


def _read(lister: Lister, portal: Trial | None) -> Seen:
    objects = [
        # objects in a list do not say their kind
        Ref(*kind, each["metadata"]["namespace"], each["metadata"]["name"])
        for kind in (delivery.SOURCE, delivery.KUSTOMIZATION)
        for each in lister.listed(*kind, labels=OURS) or ()
        if not _is_going(each)
    ]
    spaces = lister.listed("v1", "Namespace", labels=OURS) or ()
    staying = [each for each in spaces if not _is_going(each)]
    return Seen(staying, objects, trial.open_guard(portal) if portal else "")


def _is_going(found: Manifest) -> bool:
    return "deletionTimestamp" in found["metadata"]


def owned(cluster: Cluster) -> Owned:
    """Return what the record has on a cluster at this moment, what is under way included."""
    claimed = Claim.objects.filter(kind=ClaimKind.NAMESPACE, scope=str(cluster.uuid))
    grounds = TenantCluster.objects.filter(cluster=cluster).exclude(presence=Presence.GONE)
    live = Placement.objects.filter(cluster=cluster, lifecycle__in=LIVE)
    placements = list(live.select_related("tenant_cluster"))
    return Owned(
        namespaces=frozenset(
            {
                *claimed.filter(released_at=None).values_list("name", flat=True),
                *grounds.values_list("control_namespace", flat=True),
                *(placement.namespace for placement in placements),
            }
        ),
        objects=frozenset(
            ref
            for placement in placements
            for ref in (delivery.source_of(placement), delivery.kustomization_of(placement))
        ),
        standing=frozenset(each.namespace for each in placements if each.lifecycle in SETTLED),
    )


def sightings(before: Owned, after: Owned, seen: Seen) -> Iterator[Sighting]:
    """Return what does not fit the record, neither as it was before the look nor after it."""
    there = {str(each["metadata"]["name"]): each for each in seen.namespaces}
    strange = there.keys() - before.namespaces - after.namespaces
    for name in sorted(strange):
        yield Sighting(StrayKind.NAMESPACE, name, _whose(there[name]))
    for ref in sorted({*seen.objects} - before.objects - after.objects, key=str):
        if ref.namespace not in strange:  # told with its namespace
            yield Sighting(StrayKind.FLUX, str(ref))
    for name in sorted((before.standing & after.standing) - there.keys()):
        yield Sighting(StrayKind.MISSING, name)
    if seen.open_guard:
        yield Sighting(StrayKind.GUARD, "The portal's account", seen.open_guard, at_once=True)


def _whose(namespace: Manifest) -> str:
    """Say for whom a namespace was made, as far as its labels tell."""
    found = namespace["metadata"].get("labels", {})
    named = {"tenant": found.get(labels.TENANT), "placement": found.get(labels.PLACEMENT)}
    told = [f"{name} {value}" for name, value in named.items() if value]
    return f"Labelled for {', '.join(told)}." if told else ""
