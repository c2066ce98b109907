"""Watching a first delivery: what is live, and when Flux is asked again."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from fleet import ground
from fleet.ports import Delivered, Health
from onboarding.engine.steps import Done, Outcome, Task, Wait
from onboarding.models import Order, StepRun
from onboarding.stories import deliveries
from portal.clock import now
from tenants.models import Placement
from tests.journey import again
from tests.make import make_cluster, make_placement
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.engine.conftest import NO_TOOLS

pytestmark = pytest.mark.django_db

OURS = "a" * 40
LATER = "b" * 40
EARLIER = "c" * 40
LIVE = Delivered(Health.READY, Health.READY, f"main@sha1:{OURS}", "", f"main@sha1:{OURS}")


@dataclass
class Line:
    """A Git host that knows three commits in their order: EARLIER, OURS, LATER."""

    known: tuple[str, ...] = (EARLIER, OURS, LATER)

    def contains(self, _repository: str, applied: str, ours: str) -> bool | None:
        sha = applied.rpartition(":")[2]
        if sha not in self.known:
            return None
        return self.known.index(sha) >= self.known.index(ours)


@dataclass
class Flux:
    """What Flux says, and how often it was asked to look again."""

    says: Delivered = LIVE
    asked: list[Any] = field(default_factory=list)


@pytest.fixture
def flux(monkeypatch: pytest.MonkeyPatch) -> Flux:
    flux = Flux()
    monkeypatch.setattr(ground, "delivery_of", lambda _placement: flux.says)
    monkeypatch.setattr(
        ground, "request_reconcile", lambda placement, at: flux.asked.append((placement, at))
    )
    return flux


@pytest.fixture
def order(make_order: MakeOrder, clock: time_machine.Traveller) -> Order:
    """Make an order whose delivery is to be looked at."""
    order = make_order(service=True)
    make_placement(order.service, make_cluster(rehearsal=False))
    Order.objects.update(commit_sha=OURS, lease_until=now() + timedelta(minutes=1))
    return again(order)


def look(order: Order, looks: int = 1) -> Outcome:
    task = Task(
        order=order,
        revision=order.revisions.get(),
        run=StepRun(step="await_delivery", looks=looks),
        fence=order.fence,
        placement=Placement.objects.get(),
    )
    return deliveries.look(task, replace(NO_TOOLS, githost=Line()))  # type: ignore[arg-type] # asks contains only


def test_our_commit_applied_and_ready_is_live(order: Order, flux: Flux) -> None:
    assert look(order) == Done(f"Live at main@sha1:{OURS}.")
    placement = Placement.objects.get()
    assert (placement.revision, placement.live_at) == (f"main@sha1:{OURS}", now())


def test_a_commit_after_ours_is_live_too(order: Order, flux: Flux) -> None:
    flux.says = replace(LIVE, applied_revision=f"main@sha1:{LATER}")
    assert isinstance(look(order), Done)


NOT_LIVE = {
    "an earlier commit": replace(LIVE, applied_revision=f"main@sha1:{EARLIER}"),
    "a commit nobody knows": replace(LIVE, applied_revision=f"main@sha1:{'f' * 40}"),
    "nothing applied": replace(LIVE, applied_revision=""),
    "still running": replace(LIVE, kustomization=Health.RUNNING),
    "another generation": replace(LIVE, kustomization=Health.PENDING),
    "suspended": replace(LIVE, kustomization=Health.SUSPENDED),
    "absent": Delivered(Health.ABSENT, Health.ABSENT),
}


@pytest.mark.parametrize("says", NOT_LIVE.values(), ids=NOT_LIVE.keys())
def test_anything_else_waits_and_is_not_live(order: Order, flux: Flux, says: Delivered) -> None:
    flux.says = says
    outcome = look(order)
    assert isinstance(outcome, Wait)
    assert Placement.objects.get().live_at is None


def test_a_failure_is_told_in_flux_own_words_and_waits_for_a_push(order: Order, flux: Flux) -> None:
    flux.says = Delivered(
        Health.READY, Health.FAILED, reason="BuildFailed", message="no such file: app.yaml"
    )
    outcome = look(order)
    assert isinstance(outcome, Wait)
    assert outcome.problem is not None
    assert outcome.problem.code == "delivery.failed"
    assert "BuildFailed: no such file: app.yaml" in outcome.problem.detail


def test_flux_is_asked_at_the_first_look_and_every_sixth(order: Order, flux: Flux) -> None:
    flux.says = Delivered(Health.READY, Health.RUNNING, f"main@sha1:{EARLIER}")
    for looks in range(1, 13):
        look(order, looks)
    assert len(flux.asked) == 3


def test_flux_is_not_asked_for_what_its_source_has_already(order: Order, flux: Flux) -> None:
    flux.says = Delivered(Health.READY, Health.RUNNING, f"main@sha1:{OURS}")
    for looks in range(2, 13):
        look(order, looks)
    assert flux.asked == []


def test_we_look_often_at_first_and_calmly_later(order: Order, flux: Flux) -> None:
    flux.says = Delivered(Health.READY, Health.RUNNING)
    paces = [look(order, looks).recheck for looks in (1, 23, 24, 500)]  # type: ignore[union-attr] # all wait
    assert paces == [deliveries.LOOK_AGAIN] * 2 + [deliveries.LOOK_AGAIN_LATER] * 2
