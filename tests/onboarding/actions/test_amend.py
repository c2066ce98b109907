"""Amending an order: another revision of the same service, until the change starts."""

from datetime import timedelta

import pytest

from accounts.models import User
from audit.models import Entry
from onboarding import actions
from onboarding.entitlement import checks
from onboarding.models import Evidence, Order, Progress, RunState
from portal.errors import AmendsElsewhere, NameTaken, NotEntitled, TooLate
from tests.journey import NOBODY, Portal, again, plan_of
from tests.make import make_application
from tests.stories import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(portal: Portal, alice: User) -> Order:
    """Make an order of alice's that waits for approval."""
    return portal.go_on(portal.order(alice, "prod"))


def send(portal: Portal, order: Order, by: User, **changes: object) -> None:
    draft = actions.begin_amendment(order, by=by)
    draft.answers = {**draft.answers, **changes}
    actions.amend(order, draft, by=by, tools=portal.tools)


def test_an_amendment_is_a_new_revision_and_the_old_one_stays_as_it_was(
    portal: Portal, order: Order, alice: User
) -> None:
    number = order.change_number
    order = portal.amend(order, alice, destinations=[])
    first, second = order.revisions.all()
    assert order.revision_number == second.number == 2
    assert first.answers["destinations"] == ["orders-db"]
    assert second.answers["destinations"] == []
    assert (first.change_number, order.change_number) == (number, "")


def test_what_changed_stands_in_the_ledger(portal: Portal, order: Order, alice: User) -> None:
    portal.amend(order, alice, destinations=[])
    entry = Entry.objects.get(verb="amended")
    assert entry.changes == {"destinations": ["['orders-db']", "[]"]}


def test_names_move_with_the_revision(portal: Portal, order: Order, alice: User) -> None:
    order = portal.amend(order, alice, name="trolley")
    assert world.claimed(order) == {"retail-trolley-prod", "retail/basket"}


def test_an_amended_name_that_is_taken_changes_nothing(
    portal: Portal, order: Order, alice: User
) -> None:
    other = make_application("trolley", tenant=portal.application.tenant)
    portal.order(alice, "prod", application=str(other.uuid), name="trolley")
    with pytest.raises(NameTaken):
        portal.amend(order, alice, name="trolley")
    assert again(order).revision_number == 1
    assert world.claimed(order) == {"retail-basket-prod", "retail/basket"}


def test_an_approval_of_the_first_revision_is_none_of_the_second(
    portal: Portal, order: Order, alice: User, bob: User
) -> None:
    portal.approve(order, bob)
    first = plan_of(order).digest
    order = portal.go_on(portal.amend(order, alice, destinations=[]))
    assert order.runs.get(state=RunState.WAITING).step == "await_approval"
    assert plan_of(order).digest != first
    assert [change[0] for change in world.now_there().changes] == ["canceled", "authorize"]


def test_the_amended_order_is_carried_out(
    portal: Portal, order: Order, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.amend(order, alice, name="trolley"))
    portal.approve(order, bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    assert "eu1-a/_cluster/Namespace/retail-trolley-prod.json" in world.now_there().objects
    assert "eu1-a/_cluster/Namespace/retail-basket-prod.json" not in world.now_there().objects


def test_once_the_change_has_started_it_is_too_late(portal: Portal, alice: User) -> None:
    def too_late() -> None:
        with pytest.raises(TooLate):
            portal.amend(Order.objects.get(), alice, destinations=[])

    portal.after("register", too_late)
    order = portal.go_on(portal.order(alice))
    assert (order.ended_as, order.revision_number) == (Progress.REHEARSED, 1)


@pytest.mark.parametrize("name", ["open_change", "start_change"])
def test_amended_while_a_worker_opens_or_starts_its_change_the_order_begins_anew(
    portal: Portal, alice: User, name: str
) -> None:
    done: list[Order] = []

    def amend_once() -> None:
        if not done:
            done.append(portal.amend(Order.objects.get(), alice, destinations=[]))

    portal.after(name, amend_once)
    order = portal.go_on(portal.order(alice))
    assert (order.revision_number, order.ended_as) == (2, Progress.REHEARSED)
    assert [change[0] for change in world.now_there().changes] == ["canceled", "closed"]


def test_two_amendments_of_one_revision_are_one(portal: Portal, order: Order, alice: User) -> None:
    stale = again(order)
    portal.amend(order, alice, destinations=[])
    with pytest.raises(TooLate):
        send(portal, stale, alice, destinations=[])
    assert again(order).revision_number == 2


def test_a_form_that_was_filled_from_an_earlier_revision_writes_over_nobody(
    portal: Portal, order: Order, alice: User, olivia: User
) -> None:
    olivia.groups.set(alice.groups.all())
    hers = actions.begin_amendment(order, by=alice)
    portal.amend(order, olivia, destinations=[])
    with pytest.raises(TooLate):
        actions.amend(again(order), hers, by=alice, tools=portal.tools)
    assert again(order).revisions.get(number=2).answers["destinations"] == []


def test_a_program_sends_only_what_differs_and_the_revision_it_saw(
    portal: Portal, order: Order, alice: User
) -> None:
    actions.amend_to(order, {"name": "trolley"}, seen=1, by=alice, tools=portal.tools)
    asked = again(order).revisions.get(number=2).answers
    assert (asked["name"], asked["destinations"]) == ("trolley", ["orders-db"])
    with pytest.raises(TooLate):
        actions.amend_to(again(order), {"name": "cart"}, seen=1, by=alice, tools=portal.tools)


def test_a_colleague_who_may_see_the_order_may_not_amend_it(
    portal: Portal, order: Order, bob: User, alice: User
) -> None:
    with pytest.raises(NotEntitled):
        actions.begin_amendment(order, by=bob)
    draft = actions.begin_amendment(order, by=alice)
    with pytest.raises(NotEntitled):
        actions.amend(order, draft, by=bob, tools=portal.tools)
    assert again(order).revision_number == 1


ELSEWHERE = {
    "another environment": {"environments": ["dev"]},
    "two environments": {"environments": ["prod", "dev"]},
    "another application": {"application": "0b5e0000-0000-4000-8000-000000000000"},
}


@pytest.mark.parametrize("changes", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_an_amendment_stays_where_its_rules_were_asked(
    portal: Portal, order: Order, alice: User, changes: dict[str, object]
) -> None:
    with pytest.raises(AmendsElsewhere):
        send(portal, order, alice, **changes)
    assert again(order).revision_number == 1


def test_the_form_of_one_order_does_not_amend_another(
    portal: Portal, order: Order, alice: User
) -> None:
    other = portal.order(alice, "dev")
    draft = actions.begin_amendment(other, by=alice)
    draft.answers = {**draft.answers, "environments": ["prod"]}
    with pytest.raises(AmendsElsewhere):
        actions.amend(order, draft, by=alice, tools=portal.tools)


def test_whoever_lost_the_right_amends_nothing(portal: Portal, order: Order, alice: User) -> None:
    portal.write_policy(NOBODY)
    with pytest.raises(NotEntitled):
        portal.amend(order, alice, destinations=[])
    assert again(order).revision_number == 1


def test_a_permit_of_the_operator_who_amended_is_none_of_the_requesters(
    portal: Portal, order: Order, alice: User, olivia: User
) -> None:
    olivia.groups.set(alice.groups.all())
    alice.groups.clear()
    portal.clock.shift(timedelta(minutes=3))
    order = portal.amend(order, olivia, destinations=[])
    assert Evidence.objects.latest("id").person == "local:olivia"
    with pytest.raises(NotEntitled):
        checks.require(portal.tools.sources, order, point="effect")
