"""Plans: drafted once, the same bytes for the same wish, outdated by what they say or rest on."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from onboarding import toolbox
from onboarding.models import Order, Plan, RunState
from onboarding.plans import basis, canonical, drafting
from onboarding.plans.choices import packs_of
from onboarding.plans.site import read
from onboarding.repositories import credentials
from onboarding.stories import STORIES
from portal.clock import now
from portal.errors import PlanRefused
from tenants.catalogue import Destination, Environment, Size
from tenants.models import Application, Cluster
from tests.journey import Portal, again, plan_of
from tests.make import make_destination, make_size, make_user
from tests.stories import world

pytestmark = pytest.mark.django_db

READ = basis.of_answers


@pytest.fixture
def order(portal: Portal, alice: User) -> Order:
    """Make an order that waits for approval, with its plan drafted."""
    return portal.go_on(portal.order(alice, "prod"))


def outdated(portal: Portal, order: Order) -> str:
    order = again(order)
    revision = order.revisions.get(number=order.revision_number)
    return drafting.outdated(plan_of(order), order, revision, portal.tools, READ)


def digest_now(portal: Portal, order: Order) -> str:
    """Return the digest of a plan drafted now for the same order."""
    order = again(order)
    Plan.objects.filter(revision__order=order).delete()
    return drafting.draft(order, order.revisions.get(), portal.tools, READ).digest


def test_a_plan_is_drafted_once(portal: Portal, order: Order) -> None:
    first = plan_of(order)
    Application.objects.update(cost_centre="cc-2002")
    again_drafted = drafting.draft(order, order.revisions.get(), portal.tools, READ)
    assert (again_drafted.pk, again_drafted.digest) == (first.pk, first.digest)


def test_the_digest_is_over_the_stored_bytes(order: Order) -> None:
    plan = plan_of(order)
    assert plan.digest == canonical.digest(plan.desired)


def test_rendering_again_gives_the_same_bytes(portal: Portal, order: Order) -> None:
    first = plan_of(order).digest
    assert digest_now(portal, order) == first


@contextmanager
def undone() -> Iterator[None]:
    """Take back afterwards what was changed inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


CHANGES: dict[str, Callable[[], object]] = {
    "cost centre": lambda: Application.objects.update(cost_centre="cc-2002"),
    "criticality": lambda: Application.objects.update(criticality="critical"),
    "name of the application": lambda: Application.objects.update(name="Trolley"),
    "size": lambda: Size.objects.update(cpu_limits="3"),
    "destination": lambda: Destination.objects.update(port=5433),
    "branch": lambda: Environment.objects.update(reference="release"),
    "protection": lambda: Environment.objects.update(reference_protected=False),
    "owner's name": lambda: User.objects.update(first_name="Alicia"),
    "cluster's region": lambda: Cluster.objects.update(region="eu2"),
}


def test_what_the_plan_says_or_rests_on_outdates_it(
    portal: Portal, order: Order, subtests: pytest.Subtests
) -> None:
    assert outdated(portal, order) == ""
    for name, change in CHANGES.items():
        with subtests.test(name), undone():
            change()
            assert "has changed" in outdated(portal, order)


UNSAID: dict[str, Callable[[], object]] = {
    "support group": lambda: Application.objects.update(support_group="desk"),
    "capacity": lambda: Cluster.objects.update(capacity_cpu=64, accepting=False),
    "notice": lambda: Environment.objects.update(notice="Freeze from Friday."),
    "another size": lambda: make_size("xl"),
    "another destination": lambda: make_destination("kafka"),
    "another person": lambda: make_user("zoe"),
}


def test_what_the_plan_does_not_say_leaves_it_alone(portal: Portal, order: Order) -> None:
    first = plan_of(order).digest
    for change in UNSAID.values():
        change()
    assert outdated(portal, order) == ""
    assert digest_now(portal, order) == first


def test_the_digest_changes_with_the_desired_state(
    portal: Portal, order: Order, subtests: pytest.Subtests
) -> None:
    first = plan_of(order).digest
    for name in ("cost centre", "size", "destination", "branch", "owner's name"):
        with subtests.test(name), undone():
            CHANGES[name]()
            assert digest_now(portal, order) != first


def test_time_alone_outdates_nothing(portal: Portal, order: Order) -> None:
    portal.clock.shift(86_400 * 4)
    assert outdated(portal, order) == ""


@pytest.fixture
def packs(tmp_path: Path, settings: Settings) -> Path:
    """Let packs lie where a test may change them."""
    shutil.copytree(django_settings.BERTH_PACKS, tmp_path / "packs")
    settings.BERTH_PACKS = tmp_path / "packs"
    return tmp_path / "packs" / "standard"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def raise_version(pack: Path) -> None:
    edit(pack / "pack.yaml", "version: ", "version: 9")
    limits = next((pack / "placement").glob("*limits*"))
    edit(limits, "workload", "another")


def test_a_newer_pack_leaves_a_waiting_plan_alone(
    portal: Portal, packs: Path, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    before = plan_of(order)
    raise_version(packs)
    assert outdated(portal, order) == ""
    portal.approve(order, bob)
    order = portal.go_on(order)
    assert plan_of(order).desired == before.desired
    limits = [name for name in world.namespaces() if "LimitRange" in name]
    assert limits == [f"{limits[0].rpartition('/')[0]}/workload.json"]


def test_a_newer_pack_is_used_by_the_next_order(portal: Portal, packs: Path, alice: User) -> None:
    raise_version(packs)
    order = portal.go_on(portal.order(alice))
    assert packs_of(plan_of(order).choices) == {"standard": 91}
    assert any("LimitRange/another" in name for name in world.namespaces())


def test_a_pack_that_was_changed_without_a_new_version_outdates_the_plan(
    portal: Portal, packs: Path, alice: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    edit(next((packs / "placement").glob("*limits*")), "workload", "another")
    assert "another result" in outdated(portal, order)


def test_a_newer_scaffold_leaves_a_waiting_plan_alone(
    portal: Portal, tmp_path: Path, alice: User, settings: Settings
) -> None:
    shutil.copytree(django_settings.BERTH_SCAFFOLDS, tmp_path / "scaffolds")
    settings.BERTH_SCAFFOLDS = tmp_path / "scaffolds"
    portal.with_tools(scaffolds=toolbox.scaffolds())
    order = portal.go_on(portal.order(alice, "prod"))
    version = plan_of(order).choices["scaffold_version"]
    questions = tmp_path / "scaffolds" / "web-service" / "cookiecutter.json"
    edit(questions, f'"version": "{version}"', '"version": "9.0.0"')
    assert outdated(portal, order) == ""


def test_no_secret_is_in_a_plan(portal: Portal, alice: User) -> None:
    order = portal.go_on(portal.order(alice))
    secret = credentials.password(django_settings.BERTH_GIT_KEYS, world.placement_uuid(order), 1)
    assert secret not in plan_of(order).desired
    assert secret.rpartition(".")[2] not in str(plan_of(order).choices)


def test_a_plan_knows_the_objects_of_each_placement(order: Order) -> None:
    plan = plan_of(order)
    (placement,) = drafting.content(plan)["clusters"]
    objects = drafting.objects_of(plan, placement)
    assert {entry["wave"] for entry in objects["placement"]}
    with pytest.raises(KeyError):
        drafting.objects_of(plan, uuid4())


def test_the_commit_of_a_plan_bears_the_order_and_the_time_of_drafting(order: Order) -> None:
    name, commit = drafting.commit_of(plan_of(order))
    assert (name, commit.key, commit.at) == ("retail/basket", str(order.uuid), now())
    assert list(commit.branches) == ["production"]


GONE: dict[str, Callable[[], Any]] = {
    "destination": lambda: Destination.objects.all().delete(),
    "application": lambda: Application.objects.update(retired_at=now()),
}


@pytest.mark.parametrize("gone", GONE.values(), ids=GONE.keys())
def test_what_is_no_longer_offered_is_refused_in_words(
    order: Order, gone: Callable[[], Any]
) -> None:
    subject = basis.subject_of(order, order.revisions.get())
    gone()
    with pytest.raises(PlanRefused, match=r"[Nn]o longer"):
        read(subject)


def test_a_plan_that_cannot_be_made_waits_for_a_person(portal: Portal, alice: User) -> None:
    order = portal.order(alice)
    Destination.objects.all().delete()
    order = portal.go_on(order)
    run = order.runs.get(state=RunState.STUCK)
    assert (run.step, run.error_code) == ("draft_plan", "plan.refused")
    assert "orders-db" in run.error_detail


def test_the_story_drafts_before_anything_is_opened() -> None:
    names = [step.name for step in STORIES["onboard"].steps]
    assert names.index("draft_plan") < names.index("open_change") < names.index("register")
