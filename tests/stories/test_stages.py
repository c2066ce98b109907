"""Policies, stages, questions, and approvals that are taken back: told as whole orders."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from pytest_django import Settings

from accounts.models import Role, User
from onboarding import actions, lookups
from onboarding.changes.models import Approval, Change
from onboarding.models import Evidence, Order, Progress
from portal.errors import NotApprover
from tests.journey import Portal, again, plan_of
from tests.make import browser_of, make_user, make_window
from tests.stories import world

pytestmark = pytest.mark.django_db
TWO_STAGES = """\
policies:
  - name: prod
    when: {production: true}
    model: normal
    stages:
      - {name: Team, groups: [environment]}
      - {name: Board, groups: [board]}
  - name: the rest
    when: {}
    model: standard
"""


@pytest.fixture
def control(settings: Settings, tmp_path: Path) -> Path:
    """Let prod be decided in two stages, by the company's own file."""
    shipped = Path(settings.BERTH_CHANGE_CONTROL).read_text()
    path = tmp_path / "control.yaml"
    path.write_text(shipped.partition("policies:")[0] + TWO_STAGES)
    settings.BERTH_CHANGE_CONTROL = path
    return path


@pytest.fixture
def ben(db: None) -> User:
    """Make somebody of the board."""
    ben = make_user("ben", Role.APPROVER)
    ben.groups.add(Group.objects.get_or_create(name="board")[0])
    return ben


def waits_for(order: Order) -> str:
    return again(order).runs.get(step="await_approval", finished_at=None).waits_for


@pytest.mark.usefixtures("control")
def test_an_order_goes_from_stage_to_stage_and_says_whose_move_it_is(
    portal: Portal, alice: User, bob: User, ben: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    assert waits_for(order) == "a member of prod-approvers"
    portal.approve(order, bob)
    order = portal.go_on(order)
    assert waits_for(order) == "a member of board"
    portal.approve(order, ben)
    order = portal.go_on(order)
    assert order.ended_as == Progress.REHEARSED
    note = order.runs.get(step="await_approval", succeeded=True).note
    assert note == "Approved by Bob, Ben."
    change = Change.objects.get(order_uuid=order.uuid)
    assert (change.policy, len(change.control)) == ("prod", 64)


@pytest.mark.usefixtures("control")
def test_who_loses_the_right_between_the_stages_has_approved_all_the_same(
    portal: Portal, alice: User, bob: User, ben: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    bob.groups.clear()
    portal.approve(portal.go_on(order), ben)
    assert portal.go_on(order).ended_as == Progress.REHEARSED


@pytest.mark.usefixtures("control")
def test_who_loses_the_right_before_their_stage_is_refused_and_that_is_kept(
    portal: Portal, alice: User, bob: User, ben: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    order = portal.go_on(order)
    page = browser_of(ben)
    assert page.get(f"/approvals/{order.pk}/").status_code == 200
    ben.groups.clear()
    with pytest.raises(NotApprover, match="a member of board"):
        portal.approve(order, ben)
    kept = Evidence.objects.filter(point="decision", person=ben.ident)
    assert [each.reason_code for each in kept] == ["change.not-approver"]
    assert waits_for(order) == "a member of board"


def test_a_policy_that_changes_while_an_order_waits_leaves_its_stages_alone(
    portal: Portal, alice: User, bob: User, control: Path
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    control.write_text(control.read_text().replace("groups: [board]", "groups: [nobody]"))
    stages = Change.objects.get(order_uuid=order.uuid).stages.all()
    assert [each.group_names for each in stages] == [["prod-approvers"], ["board"]]


def test_while_the_file_is_broken_nobody_decides_and_nothing_is_lost(
    portal: Portal, alice: User, bob: User, control: Path
) -> None:
    good = control.read_text()
    order = portal.order(alice, "prod")
    control.write_text("version: 7\n")
    for _ in range(3):
        order = portal.look(order)
    stuck = order.runs.filter(step="open_change").latest("pk")
    assert (stuck.error_code, order.change_number) == ("change.control-broken", "")
    assert not Change.objects.exists()
    for path in (f"/orders/{order.pk}/", "/orders/new/", f"/orders/{order.pk}/plan/"):
        assert browser_of(alice).get(path).status_code == 200
    control.write_text(good)
    order = portal.go_on(order)
    assert waits_for(order) == "a member of prod-approvers"
    control.write_text("version: 7\n")
    refused = browser_of(bob).post(
        f"/approvals/{order.pk}/approve/", {"digest": plan_of(order).digest}
    )
    assert refused.status_code == 503
    assert "file of change control" in refused.text
    assert not Approval.objects.exists()


def test_a_withdrawal_needs_no_file(portal: Portal, alice: User, control: Path) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    control.write_text("version: 7\n")
    actions.withdraw(order, by=alice, reason="Not this year.")
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()


def test_a_question_is_asked_and_answered_on_pages_and_the_order_goes_on(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    asked = browser_of(bob).post(
        f"/approvals/{order.pk}/ask/", {"question": "For how long do you need it?"}
    )
    assert asked.status_code == 302
    order = portal.look(order)
    assert waits_for(order) == "the answer of Alice to Bob"
    assert "For how long do you need it?" in browser_of(alice).get("/").text
    page = browser_of(alice).get(f"/orders/{order.pk}/").text
    assert "Bob asks" in page
    assert "For how long do you need it?" in page
    answered = browser_of(alice).post(f"/orders/{order.pk}/answer/", {"answer": "For a year."})
    assert answered.status_code == 302
    assert "For a year." in browser_of(bob).get(f"/approvals/{order.pk}/").text
    order = portal.look(order)
    assert waits_for(order) == "a member of prod-approvers"
    portal.approve(order, bob)
    order = portal.go_on(order)
    assert order.ended_as == Progress.REHEARSED
    assert "For a year." in browser_of(alice).get(f"/orders/{order.pk}/evidence/").text


def test_an_approval_that_is_taken_back_while_a_freeze_holds_the_order_lets_nothing_start(
    portal: Portal, alice: User, bob: User, olivia: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    window = make_window()
    portal.approve(order, bob)
    order = portal.look(order)
    assert again(order).runs.filter(error_code="change.window-closed").exists()
    gone = browser_of(bob).post(
        f"/approvals/{order.pk}/take-back/", {"reason": "I misread the size."}
    )
    assert gone.status_code == 302
    actions.withdraw_window(window, why="It is over.", by=olivia)
    for _ in range(3):
        order = portal.look(order)
    assert order.change_started_at is None
    assert world.namespaces() == []
    assert list(lookups.inbox_of(bob)) == [order]
    portal.approve(order, bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_an_amendment_voids_the_approvals_and_asks_every_stage_again(
    portal: Portal, alice: User, bob: User, ben: User, control: Path
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    order = portal.go_on(order)
    actions.amend_to(
        order, {"destinations": []}, seen=order.revision_number, by=alice, tools=portal.tools
    )
    order = portal.go_on(order)
    assert waits_for(order) == "a member of prod-approvers"
    with pytest.raises(NotApprover):
        portal.approve(order, ben)
    first, second = Change.objects.order_by("pk")
    assert (first.status, second.status) == ("canceled", "authorize")
