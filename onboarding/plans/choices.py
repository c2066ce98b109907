"""What is chosen once when a plan is drafted, and stored with it: versions, shards, pace, time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from onboarding.form.answers import Spot
from onboarding.plans.site import Site, Subject
from onboarding.ports import Scaffolder
from portal.clock import now
from tenants import lookups
from tenants.lifecycle import LIVE
from tenants.models import Cluster, Placement
from tenants.priming import layouts, pace, packs
from tenants.priming.facts import Pace

AUTHOR = "Berth"

Choices = Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    """What was chosen for one spot."""

    pack: str
    pack_version: int
    flux_namespace: str  # where the Flux objects stand
    shard: str
    pace: Pace


def of_spot(choices: Choices, spot: Spot) -> Chosen:
    """Return what was chosen for a spot when the plan was drafted.

    Plans that are older than the choice among packs name one pack for all, and it shares ground.
    """
    chosen = choices["spots"][str(spot.placement)]
    return Chosen(
        pack=chosen.get("pack") or choices["pack"],
        pack_version=chosen.get("pack_version") or choices["pack_version"],
        flux_namespace=chosen.get("flux_namespace") or spot.control_namespace,
        shard=chosen["shard"],
        pace=Pace(**chosen["pace"]),
    )


def packs_of(choices: Choices) -> dict[str, int]:
    """Return the packs that were chosen, by name, with their versions."""
    each = [choices] if "pack" in choices else choices.get("spots", {}).values()
    return {chosen["pack"]: chosen["pack_version"] for chosen in each}


def choose(subject: Subject, site: Site, scaffolds: Scaffolder) -> Choices:
    """Choose for a new plan: the newest scaffold, and for each cluster pack, shard and pace."""
    return {
        "scaffold": subject.answers.scaffold,
        "scaffold_version": scaffolds.version(subject.answers.scaffold),
        "commit_at": now().replace(microsecond=0).isoformat(),
        "author": AUTHOR,
        "email": settings.BERTH_COMMIT_EMAIL,
        "spots": {
            str(spot.placement): _for_spot(spot, site.cluster(spot), site.application.tenant.slug)
            for spot in subject.allotted.spots
        },
    }


def _for_spot(spot: Spot, cluster: Cluster, tenant: str) -> dict[str, Any]:
    pack = packs.load(settings.BERTH_PACKS, lookups.pack_for(cluster))
    layout = layouts.of(pack)
    return {
        "pack": pack.name,
        "pack_version": pack.version,
        "flux_namespace": layout.control_namespace(spot.control_namespace, spot.namespace),
        **_for_cluster(cluster, tenant),
    }


def _for_cluster(cluster: Cluster, tenant: str) -> dict[str, Any]:
    shard = pace.shard(tenant, cluster.shards)
    live = Placement.objects.filter(lifecycle__in=LIVE)
    beside = live.filter(cluster=cluster, shard=shard).count()
    return {"shard": shard, "pace": asdict(pace.of(beside + 1, sources=live.count() + 1))}
