"""How often Flux looks: durations and shards from a cluster's load, never typed by people.

Flux builds about four Kustomizations a second and process, whatever the number of workers, so long
intervals for drift correction keep it free for new revisions, which arrive by themselves.
"""

import hashlib
import math
import re
from collections.abc import Sequence

from tenants.priming.facts import Pace

TIMEOUT = "5m"
RETRY_INTERVAL = "5m"  # not below TIMEOUT, or a failing Kustomization would never rest
CHECKS_PER_SECOND = 20.0  # what one Git host is asked for by the whole fleet

# At most so many Kustomizations on a shard: look again for drift after
_DRIFT = ((300, "10m"), (1000, "30m"), (3000, "1h"), (6000, "2h"))
_DRIFT_LONGEST = "6h"
_SOURCE = ("1m", "2m", "5m", "10m", "15m", "30m")

_DURATION = re.compile(r"([0-9]+(\.[0-9]+)?(ms|s|m|h))+")
_PIECE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def of(kustomizations: int, *, sources: int, checks_per_second: float = CHECKS_PER_SECOND) -> Pace:
    """Return the durations for one more placement.

    `kustomizations` counts those on its shard, `sources` those of the fleet that ask the same Git
    host, which may be asked `checks_per_second` times a second.
    """
    return Pace(
        source_interval=_source_interval(sources / checks_per_second),
        interval=next((step for most, step in _DRIFT if kustomizations <= most), _DRIFT_LONGEST),
        retry_interval=RETRY_INTERVAL,
        timeout=TIMEOUT,
    )


def _source_interval(least_seconds: float) -> str:
    return next((step for step in _SOURCE if seconds(step) >= least_seconds), _SOURCE[-1])


def shard(tenant: str, shards: Sequence[str]) -> str:
    """Return the shard of a tenant: "" without shards, and few tenants move when the list changes.

    Rendezvous hashing: the shard with the highest hash of shard and tenant has it.
    """
    return max(shards, key=lambda each: _weight(tenant, each), default="")


def _weight(tenant: str, shard: str) -> bytes:
    return hashlib.sha256(f"{shard}\n{tenant}".encode()).digest()


def seconds(duration: str) -> float:
    """Return the seconds of a Go duration such as 1h30m, or NaN if it is none."""
    if not _DURATION.fullmatch(duration):
        return math.nan
    return sum(float(number) * _SECONDS[unit] for number, unit in _PIECE.findall(duration))
