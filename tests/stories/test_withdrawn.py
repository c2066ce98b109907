"""An order withdrawn at any step leaves nothing, and one that is operational cannot be."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from accounts.models import User
from onboarding import actions
from onboarding.engine.look import look
from onboarding.engine.steps import Outcome, Step, Task, Tools
from onboarding.models import Order, Progress
from onboarding.stories import STORIES
from portal.errors import TooLate
from tests.journey import Portal, again
from tests.stories import world

pytestmark = pytest.mark.django_db

STEPS = STORIES["onboard"].steps
SETTLING = "operational"  # from here only offboarding leads back
NAMES = [step.name for step in STEPS]
RETURNING = NAMES[: NAMES.index(SETTLING)]


def withdraw_during(portal: Portal, name: str, by: User) -> None:
    """Let the order be withdrawn while a worker is in this step, its effect just done."""

    def withdrawn(step: Step) -> Step:
        def act(task: Task, tools: Tools) -> Outcome:
            outcome = step.do(task, tools)
            actions.withdraw(again(task.order), by=by, reason="No longer needed.")
            return outcome

        return replace(step, do=act) if step.name == name else step

    portal.replace_steps(withdrawn)


@pytest.mark.parametrize("name", RETURNING)
def test_withdrawn_while_a_step_is_under_way_it_leaves_nothing(
    portal: Portal, alice: User, name: str
) -> None:
    withdraw_during(portal, name, alice)
    order = portal.go_on(portal.order(alice))
    assert (order.ended_as, order.back_reason) == (Progress.WITHDRAWN, "No longer needed.")
    world.nothing_is_left()


def test_withdrawing_what_is_operational_is_too_late(portal: Portal, alice: User) -> None:
    late: list[str] = []

    def too_late(name: str) -> None:
        with pytest.raises(TooLate):
            actions.withdraw(Order.objects.get(), by=alice, reason="No longer needed.")
        late.append(name)

    settled = NAMES[NAMES.index(SETTLING) :]
    for name in settled:
        portal.after(name, partial(too_late, name))
    assert portal.go_on(portal.order(alice)).ended_as == Progress.REHEARSED
    assert late == settled


def test_withdrawn_before_any_worker_looked_it_leaves_nothing(portal: Portal, alice: User) -> None:
    order = portal.order(alice)
    actions.withdraw(order, by=alice, reason="")
    order = portal.go_on(order)
    assert (order.ended_as, order.back_reason) == (
        Progress.WITHDRAWN,
        "Alice withdrew the order.",
    )
    world.nothing_is_left()


def test_withdrawn_while_it_waits_for_approval_it_leaves_nothing(
    portal: Portal, alice: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    actions.withdraw(order, by=alice, reason="Not this year.")
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()
    assert world.now_there().changes == [["canceled", None, True]]


def test_withdrawn_in_its_second_revision_it_leaves_nothing_of_the_first(
    portal: Portal, alice: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    order = portal.go_on(portal.amend(order, alice, name="trolley"))
    actions.withdraw(order, by=alice, reason="Not this year.")
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()
    assert [change[0] for change in world.now_there().changes] == ["canceled", "canceled"]


def test_a_repository_that_the_team_has_pushed_to_is_archived_and_not_deleted(
    portal: Portal, alice: User
) -> None:
    portal.after("push_scaffold", lambda: world.push_to("retail/basket", "src/app.py"))
    withdraw_during(portal, "prime", alice)
    portal.go_on(portal.order(alice))
    world.nothing_is_left()
    (archived,) = world.now_there().repositories
    assert archived.startswith(".archive/retail.basket.")


def test_a_berth_that_is_there_is_untouched_by_the_withdrawal_of_its_sister(
    portal: Portal, alice: User, bob: User
) -> None:
    portal.go_on(portal.order(alice))
    before = world.namespaces()
    withdraw_during(portal, "await_delivery", alice)
    other = portal.go_on(portal.order(alice, "prod"))
    portal.approve(other, bob)
    assert portal.go_on(other).ended_as == Progress.WITHDRAWN
    assert world.namespaces() == before


@pytest.mark.parametrize("name", ["register", "await_delivery", SETTLING])
def test_a_worker_that_slept_through_the_withdrawal_writes_nothing_into_the_record(
    portal: Portal, alice: User, name: str
) -> None:
    def sleep_while_all_is_taken_back() -> None:
        order = Order.objects.get()
        actions.withdraw(order, by=alice, reason="No longer needed.")
        portal.clock.shift(timedelta(minutes=2))
        look(order.pk, STORIES["onboard"], portal.tools, owner="another worker")
        assert again(order).ended_as == Progress.WITHDRAWN

    portal.before(name, sleep_while_all_is_taken_back)
    assert portal.look(portal.order(alice)).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()
