"""A whole portal without web and queue: real adapters in a folder of its own, and what people do.

Tenant retail has the application basket. `dev` is approved by policy; `prod` by prod-approvers, of
whom alice and bob are two. Both run on the rehearsal cluster eu1-a.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connections
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from onboarding import actions, toolbox
from onboarding.engine.look import look
from onboarding.engine.steps import Outcome, Step, Story, Task, Tools
from onboarding.models import Draft, Order, Plan, RunState
from onboarding.stories import STORIES
from portal.clock import now
from tenants.models import Application, Service, Tenant
from tests.make import (
    make_application,
    make_cluster,
    make_destination,
    make_environment,
    make_size,
)

POLICY = """\
version: 1
rules:
  - effect: permit
    groups: [retail-developers]
    actions: [onboard, resize, offboard]
    tenant: retail
    applications: ["*"]
    environments: [dev, prod]
"""
NOBODY = "version: 1\nrules: []\n"
LONGEST_JOURNEY = 80  # looks; an order that takes more runs in a circle


class Killed(SystemExit):
    """The worker was killed at this point."""


@dataclass
class Portal:
    """What people and workers do, in the words of the tests."""

    folder: Path
    tools: Tools
    application: Application
    answers: dict[str, Any]
    clock: time_machine.Traveller
    story: Story = STORIES["onboard"]  # of the kind that is told; tests change its steps
    kind: str = "onboard"
    browsers: dict[int, Client] = field(default_factory=dict)  # of people who stay signed in

    @classmethod
    def on(cls, folder: Path, application: Application, clock: time_machine.Traveller) -> "Portal":
        """Return a portal whose settings lie in this folder, with a form for this application."""
        answers = {
            "application": str(application.uuid),
            "region": "eu1",
            "name": application.slug,
            "size": "s",
            "scaffold": "web-service",
            "destinations": ["orders-db"],
            "owner": str(application.owner.uuid),
        }
        # made anew: the tools of the process were made with other settings
        return cls(folder, toolbox.tools.__wrapped__(), application, answers, clock)

    def draft(self, by: User, *environments: str, **changes: Any) -> Draft:
        """Fill the form for these environments."""
        asked = {**self.answers, "environments": list(environments or ("dev",)), **changes}
        return Draft.objects.create(person=by, answers=asked)

    def submit(self, draft: Draft) -> list[Order]:
        return actions.submit(draft, by=draft.person, tools=self.tools)

    def order(self, by: User, environment: str = "dev", **changes: Any) -> Order:
        return self.submit(self.draft(by, environment, **changes))[0]

    def amend(self, order: Order, by: User, **changes: Any) -> Order:
        draft = actions.begin_amendment(order, by=by)
        draft.answers = {**draft.answers, **changes}
        actions.amend(order, draft, by=by, tools=self.tools)
        return again(order)

    def tell(self, kind: str) -> None:
        """Let the story that tests change from now on be that of another kind of order."""
        self.kind, self.story = kind, STORIES[kind]

    def berth(self, by: User, environment: str = "dev", **changes: Any) -> Service:
        """Order a berth, approve it where people do, and return the service that came of it."""
        order = self.go_on(self.order(by, environment, **changes))
        return self.service(self.finish(order))

    def finish(self, order: Order) -> Order:
        """Go on to the end, approved by whoever may where it waits for that."""
        order = self.go_on(order)
        if not order.is_over:
            self.approve(order, User.objects.get(username="bob"))
            order = self.go_on(order)
        return order

    def service(self, order: Order) -> Service:
        if order.service_id is None:
            raise AssertionError(f"{order} has no service")
        return Service.objects.get(pk=order.service_id)

    def offboard(self, service: Service, by: User, reason: str = "It is replaced.") -> Order:
        return actions.offboard(service, by=by, reason=reason, tools=self.tools)

    def resize(self, service: Service, by: User, size: str = "m", **changes: Any) -> Order:
        reached = changes.get("destinations", ["orders-db"])
        return actions.resize(
            service, by=by, size=size, destinations=reached, reason="Busier.", tools=self.tools
        )

    def look(self, order: Order) -> Order:
        """Let a worker look at the order once, and return the order as it is then."""
        story = self.story if order.kind == self.kind else STORIES[order.kind]
        look(order.pk, story, self.tools, owner="a worker")
        return again(order)

    def go_on(self, order: Order) -> Order:
        """Look whenever the order is due, killed or not, until it is over or waits for people."""
        for _ in range(LONGEST_JOURNEY):
            try:
                order = self.look(order)
            except Killed:
                order = again(order)
            if order.is_over or _waits_for_people(order):
                return order
            due = [moment for moment in (order.next_try_at, order.lease_until) if moment]
            self.clock.move_to(max(now(), *due) + timedelta(seconds=1))
        raise AssertionError(f"{order} does not come to its end")

    def approve(self, order: Order, by: User, reason: str = "Fine.") -> None:
        order = again(order)
        digest = plan_of(order).digest
        actions.approve(order, by=by, digest=digest, reason=reason, sources=self.tools.sources)

    def refuse(self, order: Order, by: User, reason: str = "Not in December.") -> None:
        order = again(order)
        actions.refuse(order, by=by, digest=plan_of(order).digest, reason=reason)

    def write_policy(self, text: str) -> None:
        (self.folder / "entitlements.yaml").write_text(text)

    def replace_steps(self, change: Callable[[Step], Step]) -> None:
        """Tell the story with changed steps."""
        self.story = replace(self.story, steps=[change(step) for step in self.story.steps])

    def with_tools(self, **changes: Any) -> None:
        self.tools = replace(self.tools, **changes)

    def before(self, name: str, happens: Callable[[], object]) -> None:
        """Let something happen when a worker has begun the step and has not acted yet."""
        act = self.story.step(name).do

        def first(task: Task, tools: Tools) -> Outcome:
            happens()
            return act(task, tools)

        self.replace_steps(lambda step: replace(step, do=first) if step.name == name else step)

    def after(self, name: str, happens: Callable[[], object]) -> None:
        """Let something happen when the step has acted, before its outcome is written."""
        act = self.story.step(name).do

        def then(task: Task, tools: Tools) -> Outcome:
            outcome = act(task, tools)
            happens()
            return outcome

        self.replace_steps(lambda step: replace(step, do=then) if step.name == name else step)


def _waits_for_people(order: Order) -> bool:
    if order.lease_until is not None:
        return False
    steps = ("await_approval", "start_change")  # in the second where an approval was taken back
    pending = order.runs.filter(state=RunState.WAITING, step__in=steps, error_code="")
    return order.next_try_at is None or pending.exists()


def at_once(*acts: Callable[[], object], times: int = 1) -> list[Exception]:
    """Do each act so many times, all of them beside one another; return what was raised."""
    raised: list[Exception] = []
    together = Barrier(len(acts))

    def again_and_again(act: Callable[[], object]) -> None:
        together.wait(10)
        try:
            for _ in range(times):
                act()
        except Exception as error:  # noqa: BLE001 - handed to the test
            raised.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=again_and_again, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def again(order: Order) -> Order:
    """Read the order anew."""
    return Order.objects.get(pk=order.pk)


def plan_of(order: Order) -> Plan:
    """Return the plan of the order's present revision."""
    return Plan.objects.get(revision__order=order, revision__number=order.revision_number)


@pytest.fixture
def folders(tmp_path: Path, settings: Settings) -> Path:
    """Lay repositories, rehearsals and entitlements into a folder of this test."""
    settings.BERTH_GIT_FOLDER = tmp_path / "repositories"
    settings.BERTH_REHEARSAL_FOLDER = tmp_path / "rehearsal"
    settings.BERTH_ENTITLEMENT_FILE = tmp_path / "entitlements.yaml"
    settings.BERTH_ENTITLEMENT_FILE.write_text(POLICY)
    return tmp_path


@pytest.fixture
def basket(alice: User, bob: User, retail: Tenant) -> Application:
    """Make the application, what operators offer, and the groups that alice and bob are in."""
    dev = make_environment("dev")
    prod = make_environment(
        "prod", approver_group="prod-approvers", reference="production", reference_protected=True
    )
    make_cluster("eu1-a", environments=[dev, prod])
    make_size()
    make_destination()
    for name, members in {"retail-developers": [alice], "prod-approvers": [alice, bob]}.items():
        Group.objects.create(name=name).user_set.set(members)
    return make_application(tenant=retail, owner=alice)


@pytest.fixture
def portal(folders: Path, basket: Application, clock: time_machine.Traveller) -> Portal:
    return Portal.on(folders, basket, clock)
