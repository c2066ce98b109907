"""Who sees which orders; what somebody may not see looks like what is not there."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.http import Http404

from accounts.models import Role, User
from onboarding import lookups
from onboarding.changes.models import Approval, Change
from onboarding.models import Draft, Order, Revision, RunState, StepRun, Unlisted
from portal.clock import now
from tenants.catalogue import Environment
from tenants.models import Tenant
from tests.make import make_change, make_user
from tests.onboarding.conftest import MakeOrder

pytestmark = pytest.mark.django_db
PROD = {"change_type": "normal", "approver_group": "prod-approvers"}


@pytest.fixture
def order(make_order: MakeOrder) -> Order:
    """Make an order of alice's, of tenant retail, that policy approves."""
    return make_order()


@pytest.fixture
def waiting(order: Order) -> Order:
    """Let the order wait for prod-approvers."""
    Environment.objects.update(**PROD)
    make_change(order, "prod-approvers")
    return Order.objects.get()


@pytest.fixture
def erin(db: None) -> User:
    """An approver of prod who belongs to no tenant."""
    erin = make_user("erin", Role.APPROVER)
    erin.groups.add(Group.objects.create(name="prod-approvers"))
    return erin


def sees(user: User, order: Order) -> bool:
    try:
        return lookups.order_for(user, order.pk) == order
    except Http404:
        return False


def test_requester_colleagues_operators_and_auditors_see_an_order(
    order: Order, alice: User, bob: User, olivia: User, audra: User
) -> None:
    assert all(sees(user, order) for user in (alice, bob, olivia, audra))


def test_a_stranger_gets_the_same_answer_as_for_an_order_that_does_not_exist(
    order: Order, charlie: User, payments: Tenant
) -> None:
    for number in (order.pk, order.pk + 1):
        with pytest.raises(Http404):
            lookups.order_for(charlie, number)
    assert not lookups.orders_of(charlie).exists()


def test_an_order_is_listed_once_however_many_reasons_there_are_to_see_it(
    waiting: Order, bob: User, erin: User
) -> None:
    bob.groups.set(erin.groups.all())
    assert lookups.orders_of(bob).count() == 1


def test_an_approver_sees_orders_of_environments_that_their_group_decides_on(
    waiting: Order, erin: User
) -> None:
    assert sees(erin, waiting)
    erin.groups.clear()
    assert not sees(erin, waiting)


def test_being_in_the_group_shows_nothing_without_the_role(waiting: Order, erin: User) -> None:
    member = make_user("mallory", Role.DEVELOPER)
    member.groups.set(erin.groups.all())
    assert not sees(member, waiting)


def test_an_approver_sees_nothing_of_strangers_that_policy_approves(
    order: Order, erin: User
) -> None:
    assert order.environment.approver_group == ""
    assert not sees(erin, order)


def test_the_inbox_holds_what_waits_for_this_person(
    waiting: Order, erin: User, olivia: User, bob: User
) -> None:
    assert list(lookups.inbox_of(erin)) == [waiting]
    assert not lookups.inbox_of(olivia).exists()
    assert not lookups.inbox_of(bob).exists()


NOT_WAITING: dict[str, Callable[[Order, User], object]] = {
    "own": lambda _order, erin: Order.objects.update(requester=erin),
    "amended by oneself": lambda order, erin: Revision.objects.create(
        order=order, number=2, answers={}, allotted={}, made_by=erin
    ),
    "approved": lambda _order, _erin: Change.objects.update(status="scheduled"),
    "expired": lambda _order, _erin: Change.objects.update(expires_at=now()),
    "withdrawn": lambda _order, _erin: Order.objects.update(direction="back"),
    "over": lambda _order, _erin: Order.objects.update(ended_as="refused", ended_at=now()),
    "without a change": lambda _order, _erin: Order.objects.update(change_number=""),
    "decided by oneself": lambda _order, erin: Approval.objects.create(
        change=Change.objects.get(), person=erin, voter=erin, decision="approved"
    ),
}


@pytest.mark.parametrize("happens", NOT_WAITING.values(), ids=NOT_WAITING.keys())
def test_the_inbox_holds_nothing_else(
    waiting: Order, erin: User, happens: Callable[[Order, User], object]
) -> None:
    happens(waiting, erin)
    assert not lookups.inbox_of(erin).exists()


def test_what_is_stuck_is_listed_for_those_who_see_it(
    order: Order, olivia: User, charlie: User, payments: Tenant
) -> None:
    assert not lookups.stuck(olivia).exists()
    StepRun.objects.create(order=order, revision=1, step="prime", state=RunState.STUCK)
    assert list(lookups.stuck(olivia)) == [order]
    assert not lookups.stuck(charlie).exists()


def test_my_work_is_what_i_asked_for(order: Order, alice: User, bob: User) -> None:
    assert list(lookups.own_under_way(alice)) == [order]
    assert not lookups.own_under_way(bob).exists()
    Order.objects.update(ended_as="done", ended_at=now())
    assert not lookups.own_under_way(alice).exists()
    assert list(lookups.own_ended_since(alice, 7)) == [order]
    Order.objects.update(ended_at=now() - timedelta(days=8))
    assert not lookups.own_ended_since(alice, 7).exists()


def test_sisters_of_a_form_that_i_may_not_see_are_not_told(
    order: Order, make_order: MakeOrder, charlie: User, payments: Tenant, alice: User
) -> None:
    sister = make_order("wishlist")
    Order.objects.update(family=uuid4())
    assert list(lookups.family_of(alice, order)) == []
    Order.objects.update(family=order.family)
    assert list(lookups.family_of(alice, order)) == [sister]
    assert list(lookups.family_of(charlie, order)) == []


def test_a_draft_is_its_own_persons_alone(alice: User, bob: User, olivia: User) -> None:
    draft = Draft.objects.create(person=alice)
    assert lookups.draft_for(alice, draft.uuid) == draft
    for other in (bob, olivia):
        with pytest.raises(Http404):
            lookups.draft_for(other, draft.uuid)


def test_missed_applications_are_for_operators(alice: User, olivia: User) -> None:
    wish = Unlisted.objects.create(person=alice, name="Loyalty")
    assert lookups.unlisted_for(olivia, wish.pk) == wish
    with pytest.raises(Http404):
        lookups.unlisted_for(alice, wish.pk)
    assert list(lookups.unlisted_open()) == [wish]
    Unlisted.objects.update(settled_at=now())
    assert list(lookups.unlisted_open()) == []
