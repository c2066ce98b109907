"""Clusters and a Git host that misbehave: an order says so in words, and goes on afterwards."""

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from accounts.models import User
from fleet.models import Connection
from onboarding import actions
from onboarding.messages import MESSAGES
from onboarding.models import Order, Progress, RunState, StepRun
from portal import vault
from portal.clock import now
from tenants.catalogue import Environment
from tenants.models import Cluster, Delivery
from tests.fleet import fake_api
from tests.fleet.fake_api import Asked, FakeApi, Says, made, status
from tests.journey import Portal, again
from tests.stories import world

pytestmark = [pytest.mark.django_db, pytest.mark.chaos]

Note = Callable[[str, object], None]
FAULTS: dict[str, Callable[[FakeApi], None]] = {
    "429": lambda api: api.says(status(429, "TooManyRequests", "come back later")),
    "500": lambda api: api.says(status(500, "InternalError", "etcdserver: no leader")),
    "503": lambda api: api.says(Says(503, b"<html>upstream is away</html>")),
    "half a body": lambda api: api.says(Says(200, {"kind": "Namespace", "metadata": {}}, cut=True)),
    "no answer": lambda api: setattr(api, "hang", True),
}


# Clusters


@pytest.fixture
def api(portal: Portal, tmp_path: Path) -> Iterator[FakeApi]:
    """Put an API server in the place of the rehearsal cluster."""
    Cluster.objects.update(delivery=Delivery.API)
    with fake_api.running(tmp_path) as fake:
        fake.answer = shelf()
        Connection.objects.create(
            cluster=Cluster.objects.get(),
            cluster_uid="u-1",
            server=fake.address,
            authority=fake.authority,
            token_sealed=vault.sealed("t-1"),
            token_expires_at=now() + timedelta(days=30),
            token_renew_at=now() + timedelta(days=15),
            kubernetes_version="v1.36.3",
        )
        yield fake


def shelf() -> fake_api.Answering:
    """Answer as a server that keeps what it is given."""
    kept: dict[str, Any] = {}

    def answer(asked: Asked) -> Says:
        place = asked.path.partition("?")[0]
        if asked.method == "PATCH":
            before = kept.get(place, {})
            metadata = {"uid": "u-1", **before.get("metadata", {}), **asked.body["metadata"]}
            kept[place] = {**before, **asked.body, "metadata": metadata}
            whole = Asked(asked.method, asked.path, asked.headers, kept[place], asked.client)
            return made(whole, age=timedelta(hours=1))
        return Says(200, kept[place]) if place in kept else status(404, "NotFound", place)

    return answer


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cluster_that_misbehaves_is_named_and_primed_when_it_is_well(
    portal: Portal, alice: User, api: FakeApi, fault: str, record_property: Note
) -> None:
    """The API server answers so while the order primes, and rightly later."""
    well = api.answer
    story = portal.story
    portal.before("prime", lambda: FAULTS[fault](api))
    order = portal.look(portal.order(alice))
    run = says_why(order, "prime")
    api.answer, api.hang = well, False
    portal.story = story
    portal.clock.move_to((order.next_try_at or now()) + timedelta(seconds=1))
    order = portal.look(order)
    assert order.runs.filter(step="prime", succeeded=True).count() == 1
    assert order.runs.get(state=RunState.WAITING).waits_for == "Flux on this cluster"
    record_property("ended", f"{MESSAGES[run.error_code].title}; then primed")


# The Git host


@dataclass(frozen=True)
class FullDisk:
    """A Git host whose disk takes so many bytes a file while it is asked for one kind of thing."""

    inner: Any
    effect: str
    size: int

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name != self.effect:
            return found

        def on_a_full_disk(*args: Any, **kwargs: Any) -> Any:
            with files_up_to(self.size):
                return found(*args, **kwargs)

        return on_a_full_disk


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let the kernel refuse what would make a file larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("effect", "size"), [("ensure", 30), ("protect", 5), ("push", 60)])
def test_a_full_disk_of_the_git_host_is_told_and_the_order_goes_on_when_there_is_room(
    portal: Portal, alice: User, effect: str, size: int, record_property: Note
) -> None:
    """The kernel refuses to write into the bare repositories; later it does not."""
    Environment.objects.update(reference_protected=True)
    disk = portal.tools.githost
    portal.with_tools(githost=FullDisk(disk, effect, size))
    order = portal.look(portal.order(alice))
    assert "too large" in says_why(order, "push_scaffold").error_detail.lower()
    portal.with_tools(githost=disk)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    assert len(world.now_there().repositories["retail/basket.git"]["history"]) == 1
    record_property("ended", "The Git host does not answer; then one commit")


def test_a_git_host_that_is_away_is_told_and_the_order_goes_on_when_it_is_back(
    portal: Portal, alice: User, record_property: Note
) -> None:
    """The folder of the repositories is not there (another file is in its place)."""
    settings.BERTH_GIT_FOLDER.write_text("not mounted")
    order = portal.look(portal.order(alice))
    says_why(order, "push_scaffold")
    settings.BERTH_GIT_FOLDER.unlink()
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    record_property("ended", "The Git host does not answer; then done")


def test_a_git_host_that_refuses_waits_for_a_person_and_then_goes_on(
    portal: Portal, alice: User, record_property: Note
) -> None:
    """The repository is there and belongs to somebody else; they move it away."""
    portal.tools.githost.ensure("retail/basket", owner=uuid4())
    order = portal.look(portal.order(alice))
    assert says_why(order, "push_scaffold").state == RunState.STUCK
    shutil.rmtree(settings.BERTH_GIT_FOLDER / "retail" / "basket.git")
    actions.retry(order, by=alice)
    assert portal.go_on(again(order)).ended_as == Progress.REHEARSED
    record_property("ended", "stuck in words; then done")


def says_why(order: Order, step: str) -> StepRun:
    """Return the run that waits or is stuck, having seen that it says what, why and what now."""
    run = order.runs.filter(step=step).latest("pk")
    assert run.state in {RunState.WAITING, RunState.STUCK}
    message = MESSAGES[run.error_code]
    assert message.title
    assert message.body
    assert message.next_step
    assert run.error_detail
    return run
