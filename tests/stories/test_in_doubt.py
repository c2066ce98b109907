"""Orders while a source cannot tell, where the site lets a person decide then: never a permit."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from onboarding import lookups, toolbox
from onboarding.changes.models import Change
from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Sources
from onboarding.entitlement.combine import Demand, Terms
from onboarding.entitlement.seat import Seat
from onboarding.models import Direction, Evidence, Order, Progress
from onboarding.ports import Outcome
from portal.errors import EntitlementUnknown, NotEntitled
from tenants.catalogue import ChangeType
from tests.journey import Portal, again
from tests.onboarding.entitlement.asked import Told, said

pytestmark = pytest.mark.django_db
NEVER_RESTS = Limits(failures=0)


@pytest.fixture
def freeze() -> Told:
    """A source that has to permit too; when it cannot tell, a person decides."""
    return Told(cannot_tell, "freeze")


@pytest.fixture
def policy() -> Told:
    """A source that has to permit too; when it cannot tell, it all stops."""
    return Told(name="policy")


@pytest.fixture
def portal(portal: Portal, freeze: Told, policy: Told, settings: Settings) -> Portal:
    settings.BERTH_ENTITLEMENT_TTL = timedelta()  # every effect asks anew
    portal.with_tools(sources=arranged(freeze, policy, referring=["freeze"]))
    return portal


def arranged(*sources: Told, referring: Sequence[str]) -> Sources:
    """Return these sources and the file: each has to permit."""
    seats = [Seat(each, NEVER_RESTS) for each in (toolbox.SOURCES["file"](), *sources)]
    demands = tuple(Demand((seat.name,)) for seat in seats)
    return Sources(seats, Terms(demands, frozenset(referring)))


def cannot_tell() -> object:
    return said(Outcome.UNKNOWN, "freeze", code="source_timeout")


def step_of(order: Order) -> str:
    return order.runs.exclude(state="over").order_by("-id")[0].step


def change_type(order: Order) -> str:
    return Change.objects.get(number=order.change_number).type


def test_what_policy_would_have_approved_waits_for_a_person(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice))
    assert step_of(order) == "await_approval"
    assert change_type(order) == ChangeType.NORMAL
    assert list(lookups.inbox_of(bob)) == [order]


def test_once_somebody_else_has_decided_it_is_carried_out(
    portal: Portal, alice: User, bob: User
) -> None:
    order = portal.go_on(portal.order(alice))
    portal.approve(order, bob)
    order = portal.go_on(order)
    assert order.ended_as == Progress.REHEARSED
    assert "Approved by Bob" in order.runs.get(step="await_approval").note
    hers = Evidence.objects.filter(person=alice.ident)
    assert set(hers.values_list("outcome", flat=True)) == {"referred"}


def test_while_everybody_can_tell_policy_approves_as_ever(
    portal: Portal, alice: User, freeze: Told
) -> None:
    freeze.does = said
    order = portal.go_on(portal.order(alice))
    assert order.ended_as == Progress.REHEARSED
    assert change_type(order) == ChangeType.STANDARD


def test_what_policy_approved_is_not_carried_out_once_somebody_cannot_tell(
    portal: Portal, alice: User, freeze: Told
) -> None:
    freeze.does = said
    portal.after("await_approval", lambda: setattr(freeze, "does", cannot_tell))
    order = portal.order(alice)
    for _ in range(12):
        order = portal.look(order)
        portal.clock.shift(timedelta(minutes=6))
    assert (order.ended_as, order.change_started_at) == ("", None)
    assert order.runs.filter(error_code="entitlement.unknown").exists()
    freeze.does = said
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_an_approver_has_to_have_seen_the_doubt(
    portal: Portal, alice: User, bob: User, freeze: Told
) -> None:
    freeze.does = said
    order = portal.go_on(portal.order(alice, "prod"))
    freeze.does = cannot_tell
    with pytest.raises(EntitlementUnknown, match="look at it again"):
        portal.approve(order, bob)
    portal.approve(order, bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_an_approval_that_was_given_without_doubt_covers_no_later_doubt(
    portal: Portal, alice: User, bob: User, freeze: Told
) -> None:
    freeze.does = said
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    freeze.does = cannot_tell
    order = portal.look(order)
    assert (order.ended_as, order.change_started_at) == ("", None)


def test_an_approval_in_one_doubt_covers_no_other_doubt(
    portal: Portal, alice: User, bob: User, freeze: Told, policy: Told
) -> None:
    portal.with_tools(sources=arranged(freeze, policy, referring=["freeze", "policy"]))
    order = portal.go_on(portal.order(alice))
    portal.approve(order, bob)
    policy.does = lambda: said(Outcome.UNKNOWN, "policy")
    order = portal.look(order)
    assert (order.ended_as, order.change_started_at) == ("", None)


def test_a_deny_counts_also_after_a_person_has_decided(
    portal: Portal, alice: User, bob: User, freeze: Told
) -> None:
    order = portal.go_on(portal.order(alice))
    portal.approve(order, bob)
    freeze.does = lambda: said(Outcome.DENY, "freeze")
    order = portal.go_on(order)
    assert order.direction == Direction.BACK
    assert order.ended_as == Progress.REFUSED


def test_a_source_that_stops_it_all_stops_it_beside_one_that_does_not(
    portal: Portal, alice: User, policy: Told
) -> None:
    policy.does = lambda: said(Outcome.UNKNOWN, "policy")
    with pytest.raises(EntitlementUnknown):
        portal.order(alice)


def test_a_person_cannot_decide_where_another_source_does_not_permit(
    portal: Portal, alice: User, policy: Told
) -> None:
    policy.does = lambda: said(Outcome.SILENT, "policy")
    with pytest.raises(NotEntitled):
        portal.order(alice)


def test_an_order_that_begins_anew_is_asked_about_anew(
    portal: Portal, alice: User, bob: User, freeze: Told
) -> None:
    order = portal.go_on(portal.order(alice))
    freeze.does = said
    order = portal.go_on(portal.amend(order, alice, name="cart"))
    assert order.revision_number == 2
    assert change_type(again(order)) == ChangeType.STANDARD
