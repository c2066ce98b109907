"""What people do with clusters: join them, once and again."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from audit import ledger
from audit.ledger import Actor
from fleet.models import Connection
from portal.errors import NotJoined
from tenants.actions import offers, rows
from tenants.catalogue import Environment
from tenants.lifecycle import LIVE
from tenants.models import Cluster, Delivery
from tenants.priming import packs

JOINED = "joined"  # verb in the ledger, by which a cluster is known that has left again
SHOWN = ("server", "cluster_uid", "kubernetes_version", "flux_version")  # in the ledger


@dataclass(frozen=True)
class Place:
    """Where a cluster stands in the fleet; None leaves what the record says.

    A new cluster needs a region, and takes every environment unless some are named.
    """

    name: str
    region: str | None = None
    environments: Collection[str] | None = None
    replaces: bool = False  # another cluster may take the place of the one that joined before
    pack: str | None = None  # by which new placements are laid out


def refuse_mistaken(place: Place, cluster_uid: str) -> None:
    """Raise NotJoined where the place in the record is not for this cluster."""
    cluster = Cluster.objects.filter(slug=place.name).first()
    if cluster is None:
        if not place.region:
            raise NotJoined(f"{place.name} is new: say its region with --region.")
        return
    if cluster.is_rehearsal:
        raise NotJoined(f"{place.name} is a rehearsal cluster; join under another name.")
    joined = Connection.objects.filter(cluster=cluster).exclude(cluster_uid=cluster_uid)
    if joined.exists() and not place.replaces:
        held = cluster.placements.filter(lifecycle__in=LIVE).count()
        raise NotJoined(
            f"This is not the cluster that joined as {place.name} before. Placements that the "
            f"record has there: {held}. If this one takes its place, say so with --replace."
        )


@transaction.atomic
def join(place: Place, found: dict[str, Any], *, by: Actor) -> Connection:
    """Write a cluster and how it is reached into the record; joining again updates both.

    `found` are columns of the connection. Raises NotJoined, PlanRefused where there is no such
    pack, and ValidationError in words.
    """
    refuse_mistaken(place, found["cluster_uid"])
    cluster = _cluster(place, by=by)
    before = Connection.objects.filter(cluster=cluster).first()
    if not Connection.objects.filter(cluster=cluster).update(**found):
        Connection.objects.create(cluster=cluster, **found)
    changes = {field: (getattr(before, field, None), found[field]) for field in SHOWN}
    ledger.note(JOINED, rows.subject(cluster), by=by, changes=changes)
    return Connection.objects.select_related("cluster").get(cluster=cluster)


def _cluster(place: Place, *, by: Actor) -> Cluster:
    environments = _environments(place.environments)
    chosen = _pack(place.pack)
    cluster = Cluster.objects.filter(slug=place.name).first()
    if cluster is None:
        region = place.region or ""
        cluster = Cluster(slug=place.name, region=region, delivery=Delivery.API, **chosen)
        wanted = Environment.objects.all() if environments is None else environments
        offers.make_cluster(cluster, list(wanted), by=by)
        return cluster
    rules = {"region": place.region or cluster.region, **chosen}
    offers.change_cluster(cluster, rules, seen=cluster.version, by=by, environments=environments)
    return cluster


def _pack(name: str | None) -> dict[str, str]:
    return {} if name is None else {"pack": packs.load(settings.BERTH_PACKS, name).name}


def _environments(slugs: Collection[str] | None) -> list[Environment] | None:
    if not slugs:
        return None
    found = list(Environment.objects.filter(slug__in=slugs))
    missing = sorted(set(slugs) - {environment.slug for environment in found})
    if missing:
        raise NotJoined(f"There is no environment {', '.join(missing)} in the catalogue.")
    return found
