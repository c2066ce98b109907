"""Berths of one tenant on one real cluster, ordered at once, with two workers and real Flux.

The tests of this file are chapters of one story and build on one another's berths.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fleet.ports import Administration, Manifest, Ref, placements_in
from onboarding.messages import MESSAGES
from tests.cluster.control_plane import ControlPlane
from tests.cluster.guarded import template
from tests.cluster.renaming import rename_tenants
from tests.cluster.test_orders import KUSTOMIZE, STARTER, join
from tests.running import ROOT, Person, Portal, running, until

TENANTS = {"retail": "garden", "payments": "harvest"}  # names that no other story gives here
NOTHING_RUNS = "tests-nothing-runs"
SECONDS = 180
TENANT_LEAVING = MESSAGES["cluster.tenant-leaving"].title


@pytest.fixture(scope="module")
def portal(
    local_cluster: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """A portal with the control plane joined as cluster `local`, and a second worker."""
    data = tmp_path_factory.mktemp("portal")
    with running(data, BERTH_PORT="8800", BERTH_STARTER_IMAGE=STARTER) as started:
        rename_tenants(started, TENANTS)
        join(started, local_cluster, "local")
        with another_worker(started):
            yield started


@contextmanager
def another_worker(portal: Portal) -> Iterator[None]:
    told = {"BERTH_URL": portal.address, "BERTH_QUEUE_URL": f"unix://{portal.data}/queue.sock"}
    worker = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "work"],
        cwd=ROOT,
        env={**portal.environment, **told, "DJANGO_SETTINGS_MODULE": "portal.settings"},
    )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(30)


@pytest.fixture(scope="module")
def rex(portal: Portal) -> Person:
    return Person(portal, "rex")


@pytest.fixture(scope="module")
def both(rex: Person, admin: Administration) -> tuple[int, int]:
    """The numbers of two orders of tenant garden that were placed at once and are live."""
    numbers = (ordered(rex, "basket"), ordered(rex, "catalogue"))
    until(lambda: all(is_live(rex, number) for number in numbers), SECONDS, "both are live")
    return numbers


def ordered(person: Person, application: str, environment: str = "dev") -> int:
    (number,) = person.order(application, [environment], "local")
    return number


def is_live(person: Person, number: int) -> bool:
    return "is live on local" in person.open(f"/orders/{number}/")


def withdraw(person: Person, number: int) -> None:
    person.send(f"/orders/{number}/withdraw/", reason="No longer needed.")


def is_withdrawn(person: Person, number: int) -> bool:
    state = person.browser.get(f"{person.portal.address}/orders/{number}/", timeout=30).text
    return "Withdrawn" in state and "Names are free again." in state


@contextmanager
def nothing_runs_in(admin: Administration, namespace: str) -> Iterator[None]:
    """Keep the berth in a namespace from going live: it gets no Deployment, as little as `default`.

    Refusing pods would do too, but Flux waits for those for minutes before it hears of an end.
    """
    version = "admissionregistration.k8s.io/v1"
    deployments = {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "resources": ["deployments"],
        "operations": ["CREATE"],
    }
    there = {"name": "there", "expression": f"request.namespace in ['default', '{namespace}']"}
    policy = {
        "apiVersion": version,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": NOTHING_RUNS},
        "spec": {
            "matchConstraints": {"resourceRules": [deployments]},
            "matchConditions": [there],
            "validations": [{"expression": "false"}],
        },
    }
    bound = {"policyName": NOTHING_RUNS, "validationActions": ["Deny"]}
    kind = "ValidatingAdmissionPolicyBinding"
    binding = {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": NOTHING_RUNS},
        "spec": bound,
    }
    assert not admin.apply([[policy], [binding]], manager="tests").failed
    bait = workload("default")
    until(lambda: NOTHING_RUNS in admin.would_refuse(bait), 30, "no Deployment is let in")
    yield
    for manifest in (binding, policy):
        admin.remove(Ref.of(manifest), only_labelled={})


def workload(namespace: str) -> Manifest:
    labels = {"a": "b"}
    pods = {"metadata": {"labels": labels}, "spec": template()}
    spec = {"selector": {"matchLabels": labels}, "template": pods}
    metadata = {"name": "bait", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def lines(admin: Administration, tenant: str) -> list[str]:
    """Return the workload namespaces that a tenant's control namespace serves."""
    return placements_in(admin.read(control(tenant)))


def control(tenant: str) -> Ref:
    return Ref("v1", "Namespace", "", f"{tenant}-flux")


def inside(admin: Administration, tenant: str, name: str) -> dict[str, str]:
    """Return the UIDs of what stands in the control namespace for a placement."""
    where = f"{tenant}-flux"
    refs = (
        Ref("v1", "ServiceAccount", where, name),
        Ref("v1", "Secret", where, f"{name}-git"),
        Ref("source.toolkit.fluxcd.io/v1", "GitRepository", where, name),
        Ref(KUSTOMIZE, "Kustomization", where, name),
    )
    return {ref.kind: uid(admin, ref) for ref in refs}


def uid(admin: Administration, ref: Ref) -> str:
    found = admin.read(ref)
    return str(found["metadata"]["uid"]) if found else ""


def test_two_orders_at_once_go_live_on_ground_that_they_share(
    both: tuple[int, int], admin: Administration
) -> None:
    assert lines(admin, "garden") == ["garden-basket-dev", "garden-catalogue-dev"]
    for name in ("basket-dev", "catalogue-dev"):
        assert all(inside(admin, "garden", name).values())


def test_one_is_withdrawn_and_takes_only_what_was_its_own(
    both: tuple[int, int], portal: Portal, rex: Person, admin: Administration
) -> None:
    before = {name: inside(admin, "garden", name) for name in ("basket-dev", "catalogue-dev")}
    ground = uid(admin, control("garden"))
    with nothing_runs_in(admin, "garden-basket-test"):
        number = ordered(rex, "basket", "test")
        asked = "Waiting for approval"
        until(lambda: asked in rex.open(f"/orders/{number}/"), 60, "approval asked")
        Person(portal, "andy").approve(number)
        until(lambda: all(inside(admin, "garden", "basket-test").values()), 60, "it is primed")
        withdraw(rex, number)
        until(lambda: is_withdrawn(rex, number), SECONDS, "it is withdrawn")
    assert not any(inside(admin, "garden", "basket-test").values())
    assert lines(admin, "garden") == ["garden-basket-dev", "garden-catalogue-dev"]
    assert {name: inside(admin, "garden", name) for name in before} == before
    assert uid(admin, control("garden")) == ground


def test_a_newcomer_waits_until_the_last_one_has_taken_the_ground_away_and_makes_it_again(
    portal: Portal, admin: Administration
) -> None:
    dana = Person(portal, "dana")
    with nothing_runs_in(admin, "harvest-checkout-dev"):
        last = ordered(dana, "checkout")
        until(lambda: all(inside(admin, "harvest", "checkout-dev").values()), 60, "it is primed")
        ground = uid(admin, control("harvest"))
        with held(admin, "harvest-flux"):
            withdraw(dana, last)
            until(lambda: is_going(admin, control("harvest")), SECONDS, "the ground is leaving")
            newcomer = ordered(dana, "fraud-check")
            until(lambda: is_waiting(dana, newcomer), 60, "the newcomer waits")
        until(lambda: is_withdrawn(dana, last), SECONDS, "the last one is withdrawn")
    until(lambda: is_live(dana, newcomer), 2 * SECONDS, "the newcomer is live")
    assert lines(admin, "harvest") == ["harvest-fraud-check-dev"]
    assert uid(admin, control("harvest")) not in {"", ground}


@contextmanager
def held(admin: Administration, namespace: str) -> Iterator[None]:
    """Keep a namespace from vanishing for as long as the block lasts."""
    keeper = {"name": "keeper", "namespace": namespace, "finalizers": ["tests.example.com/held"]}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": keeper}
    assert not admin.apply([[manifest]], manager="tests").failed
    yield
    let_go = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": keeper | {"finalizers": []}}
    assert not admin.apply([[let_go]], manager="tests").failed


def is_going(admin: Administration, ref: Ref) -> bool:
    return "deletionTimestamp" in (admin.read(ref) or {"metadata": {}})["metadata"]


def is_waiting(person: Person, number: int) -> bool:
    return TENANT_LEAVING in person.open(f"/orders/{number}/")
