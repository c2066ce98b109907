"""A hundred placements primed on a real API server, beside kubectl and beside bare requests.

Every way gets a server that has seen all of them before, on connections that are open, and those
who come first in one turn come last in the next. What a way makes is taken away before the next
one begins. What a worker pays once a job, to open its connections, is in no figure.
"""

import json
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path
from threading import Barrier

import pytest
import urllib3
from django.db import connections

from fleet import ground
from fleet.connections import kinds
from fleet.connections.api import PAUSES
from fleet.models import Connection
from fleet.objects import manifests, with_secrets
from fleet.ports import MANAGER, Administration, Endpoint, Manifest, Ref
from portal import vault
from tenants.models import Cluster, Placement
from tests.bench.figures import Figures, Watch
from tests.cluster.conftest import placement_of
from tests.cluster.control_plane import ControlPlane, eventually, program
from tests.fleet.plan import Planned, planned, secret
from tests.running import PAUSE

PLACEMENTS, CHUNK = 100, 50  # each of a tenant of its own; so many in turn with the other ways
CONNECTIONS = 8
WARMING = CONNECTIONS  # placements before anything is measured
GONE_SECONDS = 180

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Wanted:
    """A placement in the record, and what is to be applied for it."""

    placement: Placement
    plan: Planned

    @property
    def objects(self) -> list[Manifest]:
        entries = self.plan.tenant + [with_secrets(each, secret) for each in self.plan.placement]
        return manifests(entries)


Way = Callable[[Sequence[Wanted]], None]


def wanted(prefix: str, count: int, cluster: Cluster) -> list[Wanted]:
    placements = [placement_of(f"{prefix}x{number}", cluster) for number in range(count)]
    return [Wanted(each, planned(each)) for each in placements]


def test_prime(
    joined_cluster: Cluster,
    admin: Administration,
    local_cluster: ControlPlane,
    tmp_path: Path,
    figures: Figures,
) -> None:
    kubectl = Kubectl(str(program("kubectl")), local_cluster.kubeconfig, tmp_path)
    token = vault.opened(Connection.objects.get(cluster=joined_cluster).token_sealed)
    with workers() as threads:
        ways: dict[str, Way] = {
            "ours": partial(prime, threads),
            "bare": Firehose(admin.endpoint, token).send,
            "kubectl": kubectl.apply,
        }
        seconds = seconds_of(ways, joined_cluster, admin)
    tell(seconds, figures)


def seconds_of(
    ways: Mapping[str, Way], cluster: Cluster, admin: Administration
) -> dict[str, float]:
    """Let the ways work in turn, and return how long each was at work."""
    watches = {name: Watch() for name in ways}
    for turn in range(1 + PLACEMENTS // CHUNK):
        for name in sorted(ways, reverse=turn % 2 == 0):
            asked = wanted(f"{name}{turn}", CHUNK if turn else WARMING, cluster)
            with (watches[name] if turn else Watch()).running():
                ways[name](asked)
            take_away(asked, admin)
    return {name: sum(watch.seconds) for name, watch in watches.items()}


def tell(seconds: Mapping[str, float], figures: Figures) -> None:
    what = (
        f"{PLACEMENTS} placements with all their objects on the real API server, Flux running: "
        f"the portal {seconds['ours']:.1f} s"
    )
    figures.tell(
        "prime.vs_kubectl",
        seconds["kubectl"] / seconds["ours"],
        "×",
        f"{what}, one `kubectl apply --server-side` for each {seconds['kubectl']:.1f} s, each as "
        "in a pipeline's new container, with nothing kept from a call before. Bare PATCHes were "
        f"{seconds['kubectl'] / seconds['bare']:.1f} × as fast as kubectl",
        aim="≥ 15",
    )
    figures.tell(
        "prime.vs_firehose",
        seconds["bare"] / seconds["ours"],
        "×",
        f"{what}, bare PATCHes of the same bodies by the same account, {CONNECTIONS} placements "
        f"at a time on {CONNECTIONS} connections {seconds['bare']:.1f} s",
        aim="≥ 0.85",
    )


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """Give threads that keep their connections to the database, and close these at the end."""
    together = Barrier(CONNECTIONS)

    def leave(_: int) -> None:
        together.wait()
        connections.close_all()

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        try:
            yield threads
        finally:
            list(threads.map(leave, range(CONNECTIONS)))


def prime(workers: ThreadPoolExecutor, asked: Sequence[Wanted]) -> None:
    """Prime as so many workers do: whoever is free takes the next one."""
    list(workers.map(_prime, asked))


def _prime(wanted: Wanted) -> None:
    presence, chosen = wanted.placement.tenant_cluster, wanted.plan.chosen
    ground.prime_tenant(presence, wanted.plan.tenant, **chosen, owner="bench")
    ground.prime_placement(wanted.placement, wanted.plan.placement, resolve=secret)


@dataclass(frozen=True)
class Kubectl:
    """The command line, with a folder for what it is given and finds out."""

    program: str
    kubeconfig: Path
    folder: Path

    def apply(self, asked: Sequence[Wanted]) -> None:
        """Call it once for each. As in a new container, it asks every time what the server has."""
        for each in asked:
            file = self.folder / f"{each.placement.uuid}.json"
            file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": each.objects}))
            cache = self.folder / f"{each.placement.uuid}.cache"
            way = ["--kubeconfig", str(self.kubeconfig), "--cache-dir", str(cache)]
            what = ["apply", "--server-side", "-f", str(file)]
            subprocess.run([self.program, *way, *what], check=True, capture_output=True)


class Firehose:
    """Sends bodies with nothing in between, by the portal's own account."""

    def __init__(self, endpoint: Endpoint, token: str) -> None:
        self._server = endpoint.server
        trust = ssl.create_default_context(cadata=endpoint.authority)
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, block=True, ssl_context=trust)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/apply-patch+yaml",
        }

    def send(self, asked: Sequence[Wanted]) -> None:
        """Let each connection take one placement after the other, its objects in their order."""
        with ThreadPoolExecutor(CONNECTIONS) as senders:
            list(senders.map(self._send, asked))

    def _send(self, wanted: Wanted) -> None:
        for letter in sorted(letters_of(wanted), key=attrgetter("wave")):
            self._patch(letter)

    def _patch(self, letter: "Letter") -> None:
        """Send one. What a cache of the server refuses that is behind is sent again."""
        url = f"{self._server}{letter.path}?fieldManager={letter.manager}"
        for pause in (0, *PAUSES):
            PAUSE.wait(pause)
            answer = self._pool.request("PATCH", url, body=letter.body, headers=self._headers)
            if answer.status < 300:
                return
        raise AssertionError(letter.path)


@dataclass(frozen=True)
class Letter:
    """A request that is ready to be sent."""

    wave: int
    path: str
    manager: str
    body: bytes


def letters_of(wanted: Wanted) -> Iterator[Letter]:
    for manifest in wanted.objects:
        ref = Ref.of(manifest)
        line = ref.kind == "Namespace" and "labels" not in manifest["metadata"]
        manager = f"{MANAGER}-line" if line else MANAGER
        wave = 0 if ref.kind == "Namespace" and not line else 1 if line else 2
        yield Letter(wave, kinds.path_to(ref), manager, json.dumps(manifest).encode())


def take_away(asked: Sequence[Wanted], admin: Administration) -> None:
    """Remove the namespaces and wait until they are gone, so that the next has a quiet server."""
    spaces = [
        Ref("v1", "Namespace", "", name)
        for each in asked
        for name in (each.placement.tenant_cluster.control_namespace, each.placement.namespace)
    ]
    for space in spaces:
        admin.remove(space, only_labelled={})
    for space in spaces:
        eventually(partial(_is_gone, space, admin), seconds=GONE_SECONDS)


def _is_gone(space: Ref, admin: Administration) -> bool:
    return admin.read(space) is None
