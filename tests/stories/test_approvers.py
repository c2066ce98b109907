"""An approver who loses the right: while the page is open, between two approvals, or afterwards."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from pytest_django import Settings

from accounts.models import Role, User
from audit.models import Entry
from onboarding import toolbox
from onboarding.changes.models import Approval
from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Sources
from onboarding.entitlement.combine import Demand, Terms
from onboarding.entitlement.seat import Seat
from onboarding.models import Evidence, Order, Progress
from onboarding.ports import Outcome
from portal.errors import EntitlementUnknown, NotApprover, NotEntitled
from tests.journey import POLICY, Portal, again, plan_of
from tests.make import browser_of, make_user
from tests.onboarding.entitlement.asked import Told, said
from tests.stories import world

pytestmark = pytest.mark.django_db
APPROVERS = (
    POLICY
    + """\
  - effect: permit
    groups: [prod-approvers]
    actions: [approve]
    tenant: "*"
    applications: ["*"]
    environments: [prod]
    reason: The board approves prod.
"""
)


def waiting(portal: Portal, alice: User) -> Order:
    return portal.go_on(portal.order(alice, "prod"))


def decisions_of(person: User) -> list[tuple[str, str]]:
    """Return what was kept of this person's attempts to decide."""
    kept = Evidence.objects.filter(point="decision", person=person.ident)
    return list(kept.values_list("outcome", "reason_code"))


def entries(order: Order) -> list[tuple[str, str]]:
    found = Entry.objects.filter(object_uuid=order.uuid).order_by("pk")
    return list(found.values_list("verb", "actor"))


def carol() -> User:
    """Make another approver of prod."""
    made = make_user("carol", Role.APPROVER)
    Group.objects.get(name="prod-approvers").user_set.add(made)
    return made


def test_who_left_the_group_while_the_page_was_open_is_refused_and_that_is_kept(
    portal: Portal, alice: User, bob: User
) -> None:
    order = waiting(portal, alice)
    browser = browser_of(bob)
    assert plan_of(order).digest in browser.get(f"/approvals/{order.pk}/").text
    bob.groups.clear()
    told = browser.post(f"/approvals/{order.pk}/approve/", {"digest": plan_of(order).digest})
    assert told.status_code == 403
    assert "It is for a member of prod-approvers to decide" in told.text
    assert decisions_of(bob) == [("deny", "change.not-approver")]
    assert entries(order)[-1] == ("refused decision", "local:bob")
    assert (again(order).ended_as, Approval.objects.count()) == ("", 0)
    portal.approve(order, carol())
    assert portal.go_on(order).ended_as == Progress.REHEARSED


@pytest.mark.parametrize("verb", ["approve", "refuse"])
def test_who_lost_the_role_while_the_page_was_open_is_refused_and_that_is_kept(
    portal: Portal, alice: User, bob: User, verb: str
) -> None:
    order = waiting(portal, alice)
    bob.role_grants.filter(role=Role.APPROVER).delete()
    sent = {"digest": plan_of(order).digest, "reason": "No."}
    told = browser_of(bob).post(f"/approvals/{order.pk}/{verb}/", sent)
    assert told.status_code == 403
    assert decisions_of(bob) == [("deny", "change.not-approver")]
    assert entries(order)[-1] == ("refused decision", "local:bob")
    assert portal.go_on(order).ended_as == ""


def test_who_cannot_see_an_order_or_only_looks_leaves_no_trace_on_it(
    portal: Portal, alice: User, charlie: User
) -> None:
    order = waiting(portal, alice)
    browser = browser_of(charlie)
    told = browser.post(f"/approvals/{order.pk}/approve/", {"digest": "x"})
    assert told.status_code == 403
    assert browser_of(alice).get(f"/approvals/{order.pk}/approve/").status_code == 405
    assert decisions_of(charlie) == []
    assert entries(order) == [("submitted", "local:alice")]


def test_an_approval_between_two_losses_rests_on_what_made_it_right(
    portal: Portal, alice: User, bob: User
) -> None:
    order = waiting(portal, alice)
    portal.approve(order, bob)
    bob.groups.clear()
    bob.role_grants.all().delete()
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    kept = Evidence.objects.get(point="decision")
    assert (kept.outcome, kept.person) == ("permit", "local:bob")
    assert kept.reason == "Bob has the role approver and is a member of prod-approvers."
    assert kept.facts["groups"] == ["prod-approvers"]
    page = browser_of(alice).get(f"/orders/{order.pk}/evidence/").text
    assert kept.reason in page


def test_an_approval_that_ought_not_to_stand_is_stopped_by_withdrawing_the_order(
    portal: Portal, alice: User, bob: User, olivia: User
) -> None:
    order = waiting(portal, alice)
    portal.approve(order, bob)
    bob.groups.clear()
    told = browser_of(olivia).post(f"/orders/{order.pk}/withdraw/", {"reason": "Bob was bribed."})
    assert told.status_code == 302
    order = portal.go_on(order)
    assert (order.ended_as, order.back_reason) == (Progress.WITHDRAWN, "Bob was bribed.")
    world.nothing_is_left()


def test_between_two_approvals_the_second_is_for_somebody_who_has_the_right_then(
    portal: Portal, alice: User, bob: User
) -> None:
    order = waiting(portal, alice)
    portal.approve(order, bob)
    type(portal.application).objects.update(cost_centre="cc-2002")
    order = portal.go_on(order)  # the plan is another one, so the approval is void
    assert order.revision_number == 2
    bob.groups.clear()
    with pytest.raises(NotApprover):
        portal.approve(order, bob)
    assert decisions_of(bob) == [("permit", "may_decide"), ("deny", "change.not-approver")]
    assert world.namespaces() == []
    portal.approve(order, carol())
    assert portal.go_on(order).ended_as == Progress.REHEARSED


@pytest.fixture
def asked(portal: Portal, settings: Settings) -> Portal:
    """A portal whose sources are asked about approvers too."""
    settings.BERTH_ENTITLEMENT_APPROVERS = True
    portal.write_policy(APPROVERS)
    return portal


def test_sources_are_asked_about_the_approver_where_the_site_wants_that(
    asked: Portal, alice: User, bob: User
) -> None:
    order = waiting(asked, alice)
    asked.write_policy(POLICY)
    with pytest.raises(NotEntitled):
        asked.approve(order, bob)
    assert decisions_of(bob) == [("deny", "nobody_permits")]
    assert entries(order)[-1] == ("refused decision", "local:bob")
    asked.write_policy(APPROVERS)
    asked.approve(order, bob)
    assert decisions_of(bob)[1:] == [("permit", "permitted_by_rule"), ("permit", "may_decide")]
    assert asked.go_on(order).ended_as == Progress.REHEARSED


def test_an_approver_whom_no_source_can_tell_of_approves_nothing(
    asked: Portal, alice: User, bob: User
) -> None:
    order = waiting(asked, alice)
    (asked.folder / "entitlements.yaml").unlink()
    with pytest.raises(EntitlementUnknown):
        asked.approve(order, bob)
    assert decisions_of(bob) == [("unknown", "source_unreadable")]
    asked.clock.shift(timedelta(minutes=1))
    assert (asked.go_on(order).ended_as, Approval.objects.count()) == ("", 0)


def test_no_person_decides_whether_an_approver_may_approve(
    asked: Portal, alice: User, bob: User
) -> None:
    """Where a source cannot tell and a person may decide, that is never the approver in doubt."""
    with_board(asked, Told(lambda: said(Outcome.UNKNOWN, "board"), "board"))
    order = waiting(asked, alice)
    with pytest.raises(EntitlementUnknown):
        asked.approve(order, bob)
    assert decisions_of(bob) == [("referred", "person_decides")]
    assert Approval.objects.count() == 0


def test_what_is_known_of_the_approver_stands_for_nobody_else(
    portal: Portal, alice: User, bob: User
) -> None:
    """The approver's right was permitted a moment ago; the requester's was in doubt."""
    board = Told(lambda: said(Outcome.UNKNOWN, "board"), "board")
    with_board(portal, board)
    order = waiting(portal, alice)
    portal.approve(order, bob)
    assert Evidence.objects.latest("pk").outcome == "permit"
    board.does = lambda: said(Outcome.DENY, "board")
    assert portal.go_on(order).ended_as == Progress.REFUSED


def with_board(portal: Portal, board: Told) -> None:
    """Let another source be asked too, and a person decide when it cannot tell."""
    seats = [Seat(each, Limits(failures=0)) for each in (toolbox.SOURCES["file"](), board)]
    demands = (Demand(("file",)), Demand(("board",)))
    portal.with_tools(sources=Sources(seats, Terms(demands, frozenset({"board"}))))


def test_the_requester_who_is_an_approver_too_leaves_a_trace_when_she_tries(
    portal: Portal, alice: User
) -> None:
    order = waiting(portal, alice)
    alice.role_grants.create(role=Role.APPROVER)
    told = browser_of(alice).post(f"/approvals/{order.pk}/approve/", {"digest": "x"})
    assert (told.status_code, decisions_of(alice)) == (403, [("deny", "change.own-order")])
    assert entries(order)[-1] == ("refused decision", "local:alice")
