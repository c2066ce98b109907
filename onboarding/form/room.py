"""How much room a cluster has left, in words, by the sizes of what lives there."""

from collections.abc import Sequence

from tenants.lifecycle import LIVE
from tenants.models import Cluster, Placement


def left(cluster: Cluster) -> str:
    """Return what is left of the cluster's CPU, or nothing where its capacity is not said.

    It counts what sizes guarantee, not what is used.
    """
    if not cluster.capacity_cpu:
        return ""
    living = Placement.objects.filter(cluster=cluster, lifecycle__in=LIVE)
    taken = sum(map(cores, living.values_list("service__size__cpu_requests", flat=True)))
    free = max(int(cluster.capacity_cpu - taken), 0)
    return f"{free} of {cluster.capacity_cpu} CPU free" if free else "full"


def cores(quantity: str) -> float:
    """Return a CPU quantity in cores: `500m` is half a one."""
    if quantity.endswith("m"):
        return int(quantity.removesuffix("m")) / 1000
    return float(quantity)


def in_words(clusters: Sequence[Cluster]) -> str:
    """Name clusters, each with the room that it has left."""
    said = [(cluster.slug, left(cluster)) for cluster in clusters]
    return ", ".join(f"{slug} ({room})" if room else slug for slug, room in said)
