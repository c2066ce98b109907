"""A hundred placements primed on a real API server, beside kubectl and beside bare requests."""

import json
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path

import pytest
import urllib3
from django.db import connections

from fleet import ground
from fleet.connections import kinds
from fleet.connections.api import PAUSES
from fleet.models import Connection
from fleet.objects import manifests, with_secrets
from fleet.ports import MANAGER, Administration, Manifest, Ref
from portal import vault
from tenants.models import Cluster, Placement
from tests.bench.figures import Figures, Watch
from tests.cluster.conftest import placement_of
from tests.cluster.control_plane import ControlPlane, eventually, program
from tests.fleet.plan import Planned, planned, secret
from tests.running import PAUSE

PLACEMENTS, CHUNK = 100, 50  # each of a tenant of its own; so many in turn with the other ways
CONNECTIONS = 8
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


def wanted(prefix: str, chunk: int, cluster: Cluster) -> list[Wanted]:
    placements = [placement_of(f"{prefix}{chunk}x{number}", cluster) for number in range(CHUNK)]
    return [Wanted(each, planned(each)) for each in placements]


def test_prime(
    joined_cluster: Cluster,
    admin: Administration,
    local_cluster: ControlPlane,
    tmp_path: Path,
    figures: Figures,
) -> None:
    ours, by_kubectl, bare = Watch(), Watch(), Watch()
    token = vault.opened(Connection.objects.get(cluster=joined_cluster).token_sealed)
    for chunk in range(PLACEMENTS // CHUNK):
        for prefix, watch in (("ours", ours), ("kubectl", by_kubectl), ("bare", bare)):
            asked = wanted(prefix, chunk, joined_cluster)
            with watch.running():
                if prefix == "ours":
                    prime(asked)
                elif prefix == "kubectl":
                    apply_by_kubectl(asked, local_cluster, tmp_path)
                else:
                    send(asked, admin, token)
            take_away(asked, admin)
    what = (
        f"{PLACEMENTS} placements with all their objects on the real API server, Flux running: "
        f"the portal {sum(ours.seconds):.1f} s"
    )
    figures.tell(
        "prime.vs_kubectl",
        sum(by_kubectl.seconds) / sum(ours.seconds),
        "×",
        f"{what}, one `kubectl apply --server-side` for each {sum(by_kubectl.seconds):.1f} s",
        aim="≥ 15",
    )
    figures.tell(
        "prime.vs_firehose",
        sum(bare.seconds) / sum(ours.seconds),
        "×",
        f"{what}, bare PATCHes of the same bodies by the same account, {CONNECTIONS} placements "
        f"at a time on {CONNECTIONS} connections {sum(bare.seconds):.1f} s",
        aim="≥ 0.85",
    )


def prime(asked: Sequence[Wanted]) -> None:
    """Prime as so many workers do, each with its share."""

    def work(share: Sequence[Wanted]) -> None:
        try:
            for each in share:
                presence, chosen = each.placement.tenant_cluster, each.plan.chosen
                ground.prime_tenant(presence, each.plan.tenant, **chosen, owner="bench")
                ground.prime_placement(each.placement, each.plan.placement, resolve=secret)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CONNECTIONS) as workers:
        list(workers.map(work, [asked[first::CONNECTIONS] for first in range(CONNECTIONS)]))


def apply_by_kubectl(asked: Sequence[Wanted], cluster: ControlPlane, folder: Path) -> None:
    kubectl = str(program("kubectl"))
    for each in asked:
        file = folder / f"{each.placement.uuid}.json"
        whole = {"apiVersion": "v1", "kind": "List", "items": each.objects}
        file.write_text(json.dumps(whole))
        subprocess.run(
            [
                kubectl,
                "--kubeconfig",
                str(cluster.kubeconfig),
                "apply",
                "--server-side",
                "-f",
                file,
            ],
            check=True,
            capture_output=True,
        )


def send(asked: Sequence[Wanted], admin: Administration, token: str) -> None:
    """Send the bodies with nothing in between, by the portal's own account.

    Each connection takes one placement after the other, its objects in their order. What is
    refused because a cache of the server is behind is sent again.
    """
    endpoint = admin.endpoint
    trust = ssl.create_default_context(cadata=endpoint.authority)
    pool = urllib3.PoolManager(maxsize=CONNECTIONS, block=True, ssl_context=trust)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/apply-patch+yaml",
    }

    def patch(letter: Letter) -> None:
        url = f"{endpoint.server}{letter.path}?fieldManager={letter.manager}"
        for pause in (0, *PAUSES):
            PAUSE.wait(pause)
            if pool.request("PATCH", url, body=letter.body, headers=headers).status < 300:
                return
        raise AssertionError(letter.path)

    def work(wanted: Wanted) -> None:
        for letter in sorted(letters_of(wanted), key=attrgetter("wave")):
            patch(letter)

    with ThreadPoolExecutor(CONNECTIONS) as senders:
        list(senders.map(work, asked))


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
