"""An order through the whole portal, delivered by real Flux on a real API server.

The portal runs as `make run` starts it; the control plane is joined like any cluster. The tests of
this file are chapters of one story and build on one another's berth.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet.ports import Administration, Manifest, Ref
from tests.cluster.control_plane import ControlPlane
from tests.running import Person, Portal, running, until

STARTER = "registry.example.com/starter@sha256:" + "0" * 64  # kwok's pods pull nothing
KUSTOMIZE, APPS = "kustomize.toolkit.fluxcd.io/v1", "apps/v1"


@dataclass(frozen=True)
class Place:
    """Where the berth of this story is, and by which pack."""

    pack: str
    environment: str
    control: str  # namespace of its Flux objects

    @property
    def space(self) -> str:
        return f"payments-checkout-{self.environment}"

    @property
    def name(self) -> str:
        return f"checkout-{self.environment}"


# in different environments, so that the two stories can be told on one control plane
PLACES = (
    Place("standard", "test", control="payments-flux"),
    Place("classic", "dev", control="payments-checkout-dev"),
)


@pytest.fixture(scope="module", params=PLACES, ids=lambda place: place.pack)
def place(request: pytest.FixtureRequest) -> Place:
    asked: Place = request.param
    return asked


@pytest.fixture(scope="module")
def portal(
    place: Place, local_cluster: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """A portal with the control plane joined as cluster `local`."""
    data = tmp_path_factory.mktemp("portal")
    with running(data, BERTH_PORT="8600", BERTH_STARTER_IMAGE=STARTER) as started:
        join(started, local_cluster, "local", pack=place.pack)
        yield started


def join(
    portal: Portal, cluster: ControlPlane, name: str, region: str = "local", pack: str = "standard"
) -> None:
    """Join a control plane as an operator does."""
    portal.manage(
        *("join_cluster", name, "--region", region, "--pack", pack, "--yes"),
        *("--kubeconfig", str(cluster.kubeconfig)),
        *("--environment", "dev", "--environment", "test", "--environment", "prod"),
    )


@pytest.fixture(scope="module")
def dana(portal: Portal) -> Person:
    return Person(portal, "dana")


@pytest.fixture(scope="module")
def berth(portal: Portal, dana: Person, place: Place) -> int:
    """The number of an order that was approved and is live."""
    return ordered_live(portal, dana, place.environment)


def ordered_live(portal: Portal, dana: Person, environment: str = "test") -> int:
    """Order as dana, approve as andy where that is asked for, and return the number when live."""
    (number,) = dana.order("checkout", [environment], "local")
    page = f"/orders/{number}/"
    if environment != "dev":
        until(lambda: "Waiting for approval" in dana.open(page), 60, "approval asked")
        Person(portal, "andy").approve(number)
    until(lambda: "is live on local" in dana.open(page), 120, "live")
    return number


def test_the_order_is_live_at_the_pushed_commit(
    berth: int, place: Place, admin: Administration
) -> None:
    kustomization = Ref(KUSTOMIZE, "Kustomization", place.control, place.name)
    found = admin.read(kustomization)
    assert found
    assert found["spec"]["serviceAccountName"] == place.name
    assert found["status"]["lastAppliedRevision"].startswith("main@sha1:")
    # unknown for a moment whenever Flux looks again
    until(lambda: _ready(admin.read(kustomization)) == "True", 60, "Flux says Ready")


def _ready(found: Manifest | None) -> str:
    conditions = (found or {}).get("status", {}).get("conditions", ())
    return next((str(each["status"]) for each in conditions if each["type"] == "Ready"), "")


def test_its_pods_run(berth: int, place: Place, admin: Administration) -> None:
    deployment = admin.read(Ref(APPS, "Deployment", place.space, "checkout"))
    assert deployment
    assert deployment["status"]["readyReplicas"] >= 1


def test_the_quota_counts_them(berth: int, place: Place, admin: Administration) -> None:
    quota = admin.read(Ref("v1", "ResourceQuota", place.space, "workload"))
    assert quota
    assert int(quota["status"]["used"]["pods"]) >= 1


def test_the_record_says_operational(berth: int, dana: Person) -> None:
    services = dana.browser.get(f"{dana.portal.address}/api/v1/services/", timeout=30).json()
    assert [each["lifecycle"] for each in services["results"]] == ["operational"]


@pytest.fixture(scope="module")
def clone(berth: int, dana: Person, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the scaffolded repository, made by dana with a Git password."""
    return cloned(dana, tmp_path_factory.mktemp("clone") / "checkout")


def cloned(dana: Person, folder: Path) -> Path:
    """Clone dana's repository into the folder."""
    address = dana.portal.address.replace("://", f"://dana:{dana.git_password()}@")
    git("clone", "-q", f"{address}/git/payments/checkout.git", str(folder))
    git("-C", str(folder), "config", "user.name", "Dana")
    git("-C", str(folder), "config", "user.email", "dana@example.com")
    return folder


def git(*words: str) -> str:
    """Run git and return what it said."""
    environment = {"PATH": os.environ["PATH"], "GIT_TERMINAL_PROMPT": "0", "HOME": "/nonexistent"}  # noqa: TID251
    done = subprocess.run(
        ["git", *words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def push(folder: Path, name: str, manifest: str) -> str:
    """Add a manifest to the base, push it and return the commit."""
    base = folder / "deploy" / "base"
    (base / name).write_text(manifest)
    kustomization = base / "kustomization.yaml"
    if f"- {name}" not in kustomization.read_text():
        listed = kustomization.read_text().replace("resources:", f"resources:\n  - {name}")
        kustomization.write_text(listed)
    git("-C", str(folder), "add", "-A")
    git("-C", str(folder), "commit", "-qm", f"Change {name}")
    git("-C", str(folder), "push", "-q", "origin", "main")
    return git("-C", str(folder), "rev-parse", "HEAD").strip()


def test_a_second_push_is_delivered(clone: Path, place: Place, admin: Administration) -> None:
    commit = push(clone, "settings.yaml", config_map("settings"))
    settings = Ref("v1", "ConfigMap", place.space, "settings")
    until(
        lambda: commit in applied(admin, place) and admin.read(settings),
        90,
        "the second push is applied",
    )


def applied(admin: Administration, place: Place = PLACES[0]) -> str:
    """Return the revision that Flux applied last."""
    found = admin.read(Ref(KUSTOMIZE, "Kustomization", place.control, place.name)) or {}
    return str(found.get("status", {}).get("lastAppliedRevision", ""))


def config_map(name: str, namespace: str = "") -> str:
    where = f"\n  namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}{where}\ndata: {{a: b}}\n"


CLUSTER_ADMIN = """apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: mine}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, name: dana, apiGroup: rbac.authorization.k8s.io}]
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: mine}\n"
# the only way of a manifest into another namespace: Flux itself, told to apply there
INTO_ANOTHER_TENANT = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: mine}
spec:
  interval: 10m
  prune: true
  path: ./deploy/base
  targetNamespace: insurance-claims-prod
  serviceAccountName: claims-prod
  sourceRef: {kind: GitRepository, name: mine}
"""


@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [
        (CLUSTER_ADMIN, "clusterrolebindings"),
        (NAMESPACE, "namespaces"),
        (INTO_ANOTHER_TENANT, "kustomizations"),
    ],
)
def test_what_a_tenant_may_not_make_is_refused_and_the_portal_says_so(
    manifest: str, complaint: str, clone: Path, place: Place, dana: Person, admin: Administration
) -> None:
    push(clone, "greedy.yaml", manifest)
    until(lambda: complaint in dana.open(deliveries_page(dana)), 120, "the refusal is shown")
    assert admin.read(Ref("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "mine")) is None
    assert admin.read(Ref("v1", "Namespace", "", "mine")) is None
    assert admin.read(Ref(KUSTOMIZE, "Kustomization", place.space, "mine")) is None
    mended = push(clone, "greedy.yaml", config_map("modest"))
    until(lambda: mended in applied(admin, place), 120, "the push that mends it is applied")


def test_an_object_for_another_namespace_never_gets_there(
    clone: Path, place: Place, admin: Administration
) -> None:
    """Flux puts whatever a repository holds into the berth's own namespace."""
    push(clone, "elsewhere.yaml", config_map("elsewhere", namespace="kube-system"))
    until(
        lambda: admin.read(Ref("v1", "ConfigMap", place.space, "elsewhere")),
        90,
        "it is in our space",
    )
    assert admin.read(Ref("v1", "ConfigMap", "kube-system", "elsewhere")) is None


def deliveries_page(dana: Person) -> str:
    """Return the path of the page that says how dana's service is delivered."""
    found = dana.browser.get(f"{dana.portal.address}/api/v1/services/", timeout=30).json()
    return f"/fleet/deliveries/{found['results'][0]['uuid']}/"


SECRET = """apiVersion: v1
kind: Secret
metadata: {name: mine}
stringData: {a: b}
"""


def test_a_repository_delivers_secrets_only_where_no_credential_stands_beside_them(
    clone: Path, place: Place, dana: Person, admin: Administration
) -> None:
    push(clone, "secret.yaml", SECRET)
    if place.control == place.space:
        until(lambda: "secrets" in dana.open(deliveries_page(dana)), 120, "the refusal is shown")
        assert admin.read(Ref("v1", "Secret", place.space, "mine")) is None
        mended = push(clone, "secret.yaml", config_map("no-secret"))
        until(lambda: mended in applied(admin, place), 120, "the push that mends it is applied")
    else:
        until(lambda: admin.read(Ref("v1", "Secret", place.space, "mine")), 90, "it is there")
