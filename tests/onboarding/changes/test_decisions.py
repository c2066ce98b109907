"""Deciding on an order: four eyes, one digest, one decision, and only while it waits."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group

from accounts.models import Role, User
from audit.models import Entry
from onboarding import actions
from onboarding.changes import decisions
from onboarding.changes.models import (
    Approval,
    Change,
    ChangeStatus,
    Decision,
    Stage,
    StageGroup,
)
from onboarding.entitlement.asking import together
from onboarding.models import Order, Revision
from portal.clock import now
from portal.errors import (
    AlreadyDecided,
    BerthError,
    ChangeExpired,
    NotApprover,
    OwnOrder,
    PlanOutdated,
    ReasonMissing,
)
from tenants.catalogue import Environment
from tests.journey import again, at_once
from tests.make import make_change, make_user
from tests.onboarding.conftest import MakeOrder

DIGEST = "d" * 64
Clock = time_machine.Traveller


@pytest.fixture
def order(make_order: MakeOrder) -> Order:
    """Make an order of alice's that waits for prod-approvers."""
    order = make_order()
    Environment.objects.update(approver_group="prod-approvers")
    make_change(order, "prod-approvers", digest=DIGEST)
    return again(order)


@pytest.fixture
def prod_approvers(db: None) -> Group:
    return Group.objects.create(name="prod-approvers")


@pytest.fixture
def approver(bob: User, prod_approvers: Group) -> User:
    """Put bob into the group that decides."""
    bob.groups.add(prod_approvers)
    return bob


def approve(order: Order, by: User, digest: str = DIGEST, reason: str = "") -> None:
    decisions.decide(order, by=by, decision=Decision.APPROVED, digest=digest, reason=reason)


def refuse(order: Order, by: User, reason: str) -> None:
    decisions.decide(order, by=by, decision=Decision.REFUSED, digest=DIGEST, reason=reason)


def status() -> str:
    return Change.objects.get().status


def refused_with(error: type[BerthError], order: Order, by: User, digest: str = DIGEST) -> None:
    with pytest.raises(error):
        approve(order, by, digest)
    assert status() == ChangeStatus.AUTHORIZE
    assert not Approval.objects.exists()
    assert not Entry.objects.filter(verb="approved").exists()


def test_an_approver_of_the_group_approves_what_was_shown(order: Order, approver: User) -> None:
    approve(order, approver, reason="Looks fine.")
    approval = Approval.objects.get()
    assert status() == ChangeStatus.SCHEDULED
    assert (approval.person, approval.digest, approval.reason) == (approver, DIGEST, "Looks fine.")
    assert approval.capacity == "prod-approvers"
    assert Entry.objects.get(verb="approved").reason == "Looks fine."


def test_a_decision_wakes_the_order(order: Order, approver: User) -> None:
    Order.objects.update(next_try_at=now() + timedelta(minutes=5))
    approve(order, approver)
    assert again(order).next_try_at <= now()  # type: ignore[operator] # it is set


def test_nobody_approves_their_own_order(order: Order, alice: User, prod_approvers: Group) -> None:
    alice.groups.add(prod_approvers)
    alice.role_grants.create(role=Role.APPROVER)
    refused_with(OwnOrder, order, alice)


def test_nobody_approves_what_they_amended(order: Order, approver: User, alice: User) -> None:
    Revision.objects.create(order=order, number=2, answers={}, allotted={}, made_by=approver)
    Revision.objects.create(order=order, number=3, answers={}, allotted={}, made_by=alice)
    refused_with(OwnOrder, order, approver)


def test_an_approver_of_another_group_does_not_decide(order: Order, bob: User) -> None:
    bob.groups.add(Group.objects.create(name="test-approvers"))
    refused_with(NotApprover, order, bob)


def test_a_member_of_the_group_without_the_role_does_not_decide(
    order: Order, charlie: User, prod_approvers: Group
) -> None:
    charlie.groups.add(prod_approvers)
    refused_with(NotApprover, order, charlie)


def test_an_operator_is_no_approver(order: Order, olivia: User, prod_approvers: Group) -> None:
    olivia.groups.add(prod_approvers)
    refused_with(NotApprover, order, olivia)


def test_where_no_group_is_named_any_approver_decides(order: Order, bob: User) -> None:
    Environment.objects.update(approver_group="")
    Stage.objects.update(is_anybodys=True)
    StageGroup.objects.all().delete()
    approve(again(order), bob)
    assert Approval.objects.get().capacity == "approver"


def test_another_digest_than_was_shown_is_not_approved(order: Order, approver: User) -> None:
    refused_with(PlanOutdated, order, approver, digest="e" * 64)
    refused_with(PlanOutdated, order, approver, digest="")


def test_what_is_decided_is_not_decided_again(order: Order, approver: User) -> None:
    approve(order, approver)
    with pytest.raises(AlreadyDecided):
        refuse(order, approver, "On second thoughts, no.")
    assert (status(), Approval.objects.count()) == (ChangeStatus.SCHEDULED, 1)


def test_a_refusal_needs_a_reason_that_can_be_read(order: Order, approver: User) -> None:
    for nothing in ("", "  \n", "\0"):
        with pytest.raises(ReasonMissing):
            refuse(order, approver, nothing)
    assert status() == ChangeStatus.AUTHORIZE


def test_the_requester_reads_the_reason_of_a_refusal(order: Order, approver: User) -> None:
    refuse(order, approver, "Not in December.")
    assert Change.objects.get().close_note == "Not in December."
    assert status() == ChangeStatus.REFUSED


def test_after_its_time_nobody_decides(order: Order, approver: User, clock: Clock) -> None:
    Change.objects.update(expires_at=now())
    refused_with(ChangeExpired, order, approver)


def test_an_order_without_a_change_waits_for_nobody(order: Order, approver: User) -> None:
    Order.objects.update(change_number="")
    refused_with(AlreadyDecided, again(order), approver)


MOVED_ON = {
    "withdrawn": {"direction": "back"},
    "amended": {"change_number": "", "revision_number": 2},
    "over": {"ended_as": "withdrawn", "ended_at": now()},
}


@pytest.mark.parametrize("moved", MOVED_ON.values(), ids=MOVED_ON.keys())
def test_an_order_that_moved_on_while_the_page_was_open_is_not_approved(
    order: Order, approver: User, moved: dict[str, object]
) -> None:
    Order.objects.filter(pk=order.pk).update(**moved)
    refused_with(AlreadyDecided, order, approver)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_one_decides(
    order: Order, approver: User, prod_approvers: Group
) -> None:
    second = make_user("erin", Role.APPROVER)
    second.groups.add(prod_approvers)
    raised = at_once(lambda: approve(order, approver), lambda: refuse(order, second, "No."))
    assert [type(error) for error in raised] == [AlreadyDecided]
    assert Approval.objects.count() == Entry.objects.filter(object_uuid=order.uuid).count() == 1


def test_where_no_source_can_tell_whether_the_requester_may_nothing_is_approved(
    order: Order, approver: User
) -> None:
    with pytest.raises(BerthError) as raised:
        actions.approve(order, by=approver, digest=DIGEST, reason="", sources=together([]))
    assert raised.value.code == "entitlement.unknown"
    assert status() == ChangeStatus.AUTHORIZE
