"""The loopback ports of the cluster: chosen by us, kept between runs where they are still free."""

import json
import random
import socket
from collections.abc import Callable
from pathlib import Path

NAMES = (
    "etcd",
    "etcd-peer",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "artifacts",
    "source-controller-metrics",
    "source-controller-health",
    "kustomize-controller-metrics",
    "kustomize-controller-health",
    "events",
    "receiver",
    "notification-controller-metrics",
    "notification-controller-health",
    "kwok",
)
# Below the ports Linux hands to outgoing connections, or one of those may hold ours at the next
# start; above the ones that people give to their own programs.
RANGE = range(20000, 32000)


def choose(kept: Path, free: Callable[[int], bool]) -> dict[str, int]:
    """Return a free port for each name: the one in the file of the last run, if it is so still."""
    before = json.loads(kept.read_text()) if kept.exists() else {}
    chosen: dict[str, int] = {}
    for name in NAMES:
        port = before.get(name)
        if port is None or port in chosen.values() or not free(port):
            port = _another(taken={*before.values(), *chosen.values()}, free=free)
        chosen[name] = port
    return chosen


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the programs do; else a connection that just closed would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _another(taken: set[int], free: Callable[[int], bool]) -> int:
    candidates = random.sample(RANGE, k=len(RANGE))
    return next(port for port in candidates if port not in taken and free(port))
