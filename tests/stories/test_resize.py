"""A service gets another size where it is, and is as it was when that is taken back."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from fleet import resizing
from fleet import toolbox as fleet_toolbox
from fleet.ports import Manifest, Ref
from onboarding import actions
from onboarding.models import Order, Progress
from onboarding.stories import STORIES
from portal.errors import AnswersUnfit, NotAmendable, NothingChanged, QuotaPending, TooLate
from tenants.models import Cluster, Service
from tests.journey import Portal, again, plan_of
from tests.make import make_destination, make_size
from tests.stories import world

pytestmark = pytest.mark.django_db

NAMES = [step.name for step in STORIES["resize"].steps]
SETTLING = "write_down"
MEDIUM = {"cpu_requests": "2", "memory_requests": "4Gi", "cpu_limits": "4", "memory_limits": "8Gi"}
SMALLER = {"cpu_requests": "250m", "pods": 2}


@pytest.fixture(autouse=True)
def _sizes(portal: Portal) -> None:
    make_size("m", name="Medium", **MEDIUM)
    make_size("xs", name="Tiny", **SMALLER)
    make_destination("kafka", port=9093)


def kept(kind: str, name: str) -> Manifest | None:
    """Return an object of the berth on the rehearsal cluster."""
    api = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
    access = fleet_toolbox.access(Cluster.objects.get(slug="eu1-a"))
    return access.read(Ref(api, kind, "retail-basket-dev", name))


def hard() -> Mapping[str, Any]:
    quota = kept("ResourceQuota", "workload")
    return quota["spec"]["hard"] if quota else {}


def read(service: Service) -> Service:
    return Service.objects.get(pk=service.pk)


def test_a_resized_service_has_its_new_quota_and_the_record_says_so(
    portal: Portal, alice: User
) -> None:
    service = portal.berth(alice)
    order = portal.go_on(portal.resize(service, alice))
    assert order.ended_as == Progress.REHEARSED
    assert (hard()["requests.cpu"], hard()["limits.memory"]) == ("2", "8Gi")
    assert read(service).size_id == "m"


def test_only_what_the_size_says_becomes_different(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    before = world.now_there()
    portal.go_on(portal.resize(service, alice))
    after = world.now_there()
    changed = {path for path in after.objects if after.objects[path] != before.objects.get(path)}
    assert {path.rpartition("/")[2].partition(".")[0] for path in changed} <= {"workload"}
    assert set(after.objects) == set(before.objects)
    assert (after.repositories, after.claims) == (before.repositories, before.claims)


def test_other_destinations_can_be_reached_and_dropped_ones_cannot(
    portal: Portal, alice: User
) -> None:
    service = portal.berth(alice)
    portal.go_on(portal.resize(service, alice, "s", destinations=["kafka"]))
    assert kept("NetworkPolicy", "egress-kafka")
    assert kept("NetworkPolicy", "egress-orders-db") is None
    assert [each.slug for each in read(service).destinations.all()] == ["kafka"]


def test_the_plan_says_in_words_what_becomes_different(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.resize(portal.berth(alice, "prod"), alice, "m", destinations=["kafka"])
    order = portal.go_on(order)
    desired = json.loads(plan_of(order).desired)
    said = STORIES["resize"].in_words(order, desired)
    assert "CPU guaranteed: 2 CPU instead of 0.5 CPU." in said
    assert "It can reach kafka too." in said
    assert "It can no longer reach orders-db." in said
    portal.approve(order, bob)
    portal.go_on(order)
    assert STORIES["resize"].in_words(again(order), desired) == said


def test_shard_and_names_stay_those_of_the_plan_in_force(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    first = plan_of(Order.objects.get()).choices["spots"]
    Cluster.objects.update(shards=["shard-1", "shard-2"])
    order = portal.go_on(portal.resize(service, alice))
    assert plan_of(order).choices["spots"] == first


@pytest.mark.parametrize("name", NAMES[: NAMES.index(SETTLING)])
def test_withdrawn_at_any_step_the_service_is_as_it_was(
    portal: Portal, alice: User, name: str
) -> None:
    service = portal.berth(alice)
    before = world.now_there()
    portal.tell("resize")
    order = portal.resize(service, alice, "m", destinations=["kafka"])
    portal.after(name, lambda: actions.withdraw(again(order), by=alice, reason="No."))
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    after = world.now_there()
    assert [each["object"]["spec"] for each in specs(after)] == [
        each["object"]["spec"] for each in specs(before)
    ]
    assert (after.services, after.claims) == (before.services, before.claims)


def specs(seen: world.World) -> list[Any]:
    return [kept for _, kept in sorted(seen.objects.items()) if "spec" in kept["object"]]


def test_once_the_record_says_so_withdrawing_is_too_late(portal: Portal, alice: User) -> None:
    portal.tell("resize")
    order = portal.resize(portal.berth(alice), alice)
    portal.after(SETTLING, partial(too_late, order, alice))
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def too_late(order: Order, by: User) -> None:
    with pytest.raises(TooLate):
        actions.withdraw(again(order), by=by, reason="No.")


class Busy:
    """A cluster on which so much is in use; everything else is as on the cluster behind it."""

    rehearsal = False

    def __init__(self, inner: Any, used: Mapping[str, str]) -> None:
        self._inner, self._used = inner, used

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def read(self, ref: Ref, **options: Any) -> Manifest | None:
        found: Manifest | None = self._inner.read(ref, **options)
        if found and ref.kind == "ResourceQuota":
            return {**found, "status": {"used": dict(self._used)}}
        return found


def busy(monkeypatch: pytest.MonkeyPatch, **used: str) -> None:
    access = fleet_toolbox.access_by
    words = {key.replace("_", "."): value for key, value in used.items()}
    monkeypatch.setattr(fleet_toolbox, "access_by", lambda *whose: Busy(access(*whose), words))


def test_less_than_is_in_use_is_refused_and_nothing_changes(
    portal: Portal, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = portal.berth(alice)
    busy(monkeypatch, pods="3", requests_cpu="200m")
    order = portal.go_on(portal.resize(service, alice, "xs"))
    assert order.ended_as == Progress.REFUSED
    assert order.back_reason == "On eu1-a: Pods: 3 in use, 2 would be allowed."
    assert (hard()["pods"], read(service).size_id) == (10, "s")


def test_less_is_fine_where_it_is_enough(
    portal: Portal, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = portal.berth(alice)
    busy(monkeypatch, pods="2", requests_cpu="250m")
    assert portal.go_on(portal.resize(service, alice, "xs")).is_over
    assert (hard()["pods"], read(service).size_id) == (2, "xs")


def test_what_is_not_counted_yet_is_waited_for(
    portal: Portal, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = portal.berth(alice).placements.select_related("cluster").get()
    busy(monkeypatch)
    with pytest.raises(QuotaPending):
        resizing.used_of(place, [{"wave": 1, "manifest": kept("ResourceQuota", "workload")}])


def test_what_is_there_already_or_not_offered_is_not_ordered(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    with pytest.raises(NothingChanged):
        portal.resize(service, alice, "s")
    with pytest.raises(AnswersUnfit, match="size"):
        portal.resize(service, alice, "gigantic")
    with pytest.raises(AnswersUnfit, match="mainframe"):
        portal.resize(service, alice, "m", destinations=["mainframe"])


def test_a_resized_service_is_offboarded_with_all_it_has(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    portal.go_on(portal.resize(service, alice, "m", destinations=["kafka"]))
    portal.go_on(portal.offboard(service, alice))
    world.nothing_is_left()


def test_a_resize_is_not_amended(portal: Portal, alice: User) -> None:
    order = portal.resize(portal.berth(alice), alice)
    with pytest.raises(NotAmendable):
        actions.begin_amendment(order, by=alice)


def test_a_catalogue_that_changed_voids_the_approval(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.resize(portal.berth(alice, "prod"), alice))
    make_size("m").__class__.objects.filter(slug="m").update(cpu_requests="3")
    portal.approve(order, bob)
    assert portal.go_on(order).revision_number == 2
