"""Two services of a tenant on a real API server: one is resized, then both are taken away.

Each fixture is a chapter of one story and tells what it saw; tests may come in any order.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest
import requests

from fleet.connections import kinds
from fleet.ports import Administration, Ref
from tenants.priming import labels
from tests.cluster.control_plane import ControlPlane
from tests.cluster.renaming import rename_tenants
from tests.cluster.test_orders import STARTER, join
from tests.running import Person, Portal, running, until

TENANTS = {"payments": "leaving"}  # a name that no other story gives here
CONTROL, SPACE, BESIDE = "leaving-flux", "leaving-checkout-dev", "leaving-fraud-check-dev"
TENANT = f"{labels.TENANT}=leaving"
SLOW = 180.0  # seconds


@pytest.fixture(scope="module")
def portal(
    local_cluster: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """A portal with the control plane joined as cluster `leaving`, in a region of its own."""
    data = tmp_path_factory.mktemp("portal")
    with running(data, BERTH_PORT="8640", BERTH_STARTER_IMAGE=STARTER) as started:
        rename_tenants(started, TENANTS)
        join(started, local_cluster, "leaving", region="leaving")
        yield started


@pytest.fixture(scope="module")
def dana(portal: Portal) -> Person:
    return Person(portal, "dana")


@pytest.fixture(scope="module")
def berths(dana: Person) -> list[int]:
    """The numbers of two orders whose services are live beside each other."""
    numbers = [dana.order(each, ["dev"], "leaving")[0] for each in ("checkout", "fraud-check")]
    for number in numbers:
        until(partial(says, dana, number, "is live on leaving"), SLOW, "live")
    return numbers


def says(person: Person, number: int, text: str) -> bool:
    return text in page(person, number)


def page(person: Person, number: int) -> str:
    return person.open(f"/orders/{number}/")


def service(person: Person, application: str) -> str:
    """Return the UUID of the application's service."""
    url = f"{person.portal.address}/api/v1/services/"
    found = person.browser.get(url, timeout=30).json()["results"]
    (uuid,) = [each["uuid"] for each in found if each["application"]["slug"] == application]
    return str(uuid)


def number_of(answer: requests.Response) -> int:
    return int(answer.url.rstrip("/").rpartition("/")[2])


def offboard(person: Person, application: str) -> None:
    """Order that the service goes, and wait until it has gone."""
    path = f"/services/{service(person, application)}/offboard/"
    number = number_of(person.send(path, name=f"{application} in dev", reason="It is replaced."))
    until(lambda: "is gone from leaving" in page(person, number), SLOW, "gone")


def labelled(admin: Administration, selector: str) -> list[Ref]:
    """Return every object of a kind that we know which carries the label."""
    found = [
        Ref.of(each | {"apiVersion": version, "kind": kind})
        for version, kind in kinds.KINDS
        for each in admin.listed(version, kind, labels=selector) or ()
    ]
    return sorted(found, key=str)


def pods(admin: Administration) -> dict[str, str]:
    """Return the pods of the service that is resized, by their UIDs."""
    running_ = admin.listed("v1", "Pod", labels="") or ()
    ours = [each for each in running_ if each["metadata"]["namespace"] == SPACE]
    return {each["metadata"]["uid"]: each["status"]["phase"] for each in ours}


TINY = (
    "from tenants.catalogue import Size;"
    "Size.objects.create(slug='t', name='Tiny', rank=5, fits='nothing', cpu_requests='1m',"
    " memory_requests='1Mi', cpu_limits='1m', memory_limits='1Mi', storage='1Gi', pods=10)"
)


@dataclass(frozen=True)
class Seen:
    """What there was of the two services before and after something happened."""

    pods: tuple[dict[str, str], dict[str, str]]
    cpu: tuple[str, str]
    beside: tuple[list[Ref], list[Ref]]  # what the neighbour has


@dataclass(frozen=True)
class Look:
    """The cluster as its administrator, who compares."""

    admin: Administration

    def cpu(self) -> str:
        quota = self.admin.read(Ref("v1", "ResourceQuota", SPACE, "workload"))
        return str(quota["spec"]["hard"]["requests.cpu"]) if quota else ""

    def beside(self) -> list[Ref]:
        return labelled(self.admin, f"{TENANT},{labels.APPLICATION}=fraud-check")

    def around(self, act: Callable[[], object]) -> Seen:
        before = pods(self.admin), self.cpu(), self.beside()
        act()
        after = pods(self.admin), self.cpu(), self.beside()
        return Seen((before[0], after[0]), (before[1], after[1]), (before[2], after[2]))


def resize(person: Person, size: str, until_said: str) -> None:
    """Order another size for checkout, and wait until its page says how that ended."""
    path = f"/services/{service(person, 'checkout')}/resize/"
    number = number_of(person.send(path, size=size, destinations=["kafka-eu1"], reason="Load."))
    until(lambda: until_said in page(person, number), SLOW, until_said)


@pytest.fixture(scope="module")
def resized(berths: list[int], dana: Person, admin: Administration) -> Seen:
    """Checkout has got another size while its pods ran."""
    until(lambda: "Running" in pods(admin).values(), SLOW, "its pods run")
    return Look(admin).around(lambda: resize(dana, "m", "has size Medium on leaving"))


@pytest.fixture(scope="module")
def refused(resized: Seen, portal: Portal, dana: Person, admin: Administration) -> Seen:
    """Checkout should have got a size below what its pods use."""
    portal.manage("shell", "-c", TINY)
    return Look(admin).around(lambda: resize(dana, "t", "The service is as it was before."))


@pytest.fixture(scope="module")
def gone(refused: Seen, dana: Person, admin: Administration) -> Seen:
    """Checkout has gone, and Fraud check has not."""
    seen = Look(admin).around(lambda: offboard(dana, "checkout"))
    assert admin.read(Ref("v1", "Namespace", "", CONTROL)), "shared ground went with the first"
    return seen


@pytest.fixture(scope="module")
def all_gone(gone: Seen, dana: Person) -> None:
    """The tenant has nothing on the cluster any more."""
    offboard(dana, "fraud-check")


def test_a_resize_changes_the_quota_while_pods_go_on_running(resized: Seen) -> None:
    assert resized.cpu == ("500m", "2")
    assert resized.pods[0] == resized.pods[1] != {}


def test_a_size_below_what_is_in_use_is_refused_and_nothing_changes(refused: Seen) -> None:
    assert refused.cpu == ("2", "2")
    assert refused.pods[0] == refused.pods[1] != {}


def test_the_neighbour_stays_untouched_when_one_goes(gone: Seen) -> None:
    assert gone.beside[0] == gone.beside[1] != []
    assert (gone.pods[1], gone.cpu[1]) == ({}, "")


def test_with_the_last_one_nothing_with_our_label_is_left(
    all_gone: None, admin: Administration
) -> None:
    assert labelled(admin, TENANT) == []
    for namespace in (CONTROL, SPACE, BESIDE):
        assert admin.read(Ref("v1", "Namespace", "", namespace)) is None
