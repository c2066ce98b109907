"""What is chosen once when a plan is drafted, and stored with it: versions, shards, pace, time."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.conf import settings

from onboarding.plans.site import Site, Subject
from onboarding.ports import Scaffolder
from portal.clock import now
from tenants.lifecycle import LIVE
from tenants.models import Cluster, Placement
from tenants.priming import pace, packs

AUTHOR = "Berth"

Choices = Mapping[str, Any]


def choose(subject: Subject, site: Site, scaffolds: Scaffolder) -> Choices:
    """Choose for a new plan: the newest pack and scaffold, a shard and a pace for each cluster."""
    pack = packs.load(settings.BERTH_PACKS, settings.BERTH_PACK)
    return {
        "pack": pack.name,
        "pack_version": pack.version,
        "scaffold": subject.answers.scaffold,
        "scaffold_version": scaffolds.version(subject.answers.scaffold),
        "commit_at": now().replace(microsecond=0).isoformat(),
        "author": AUTHOR,
        "email": settings.BERTH_COMMIT_EMAIL,
        "spots": {
            str(spot.placement): _for_cluster(site.cluster(spot), site.application.tenant.slug)
            for spot in subject.allotted.spots
        },
    }


def _for_cluster(cluster: Cluster, tenant: str) -> dict[str, Any]:
    shard = pace.shard(tenant, cluster.shards)
    live = Placement.objects.filter(lifecycle__in=LIVE)
    beside = live.filter(cluster=cluster, shard=shard).count()
    return {"shard": shard, "pace": asdict(pace.of(beside + 1, sources=live.count() + 1))}
