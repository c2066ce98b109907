"""A source that dies while an order is under way: it waits, or a person decides. It never goes on.

The decision point and the directory are processes of their own, and are really killed.
"""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from onboarding import actions, toolbox
from onboarding.changes.models import Change
from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Sources
from onboarding.entitlement.combine import Demand, Terms
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.ldap import LdapEntitlements, Naming
from onboarding.entitlement.seat import Seat
from onboarding.models import Evidence, Order, Progress
from portal.clock import now
from portal.outbound import WayOut
from tests.journey import Portal, again
from tests.onboarding.entitlement import point_process, slapd
from tests.onboarding.entitlement.point_process import PointProcess
from tests.onboarding.entitlement.slapd import Slapd
from tests.stories import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked_at_every_effect(settings: Settings) -> None:
    settings.BERTH_ENTITLEMENT_TTL = timedelta()


@pytest.fixture
def point(tmp_path: Path) -> Iterator[PointProcess]:
    with point_process.running(tmp_path, tls=False, group="retail-developers") as made:
        yield made


def asks(portal: Portal, seat: Seat, *, refers: bool = False) -> None:
    """Let the file and this source be asked, of which both have to permit."""
    seats = [Seat(toolbox.SOURCES["file"](), seat.limits), seat]
    demands = tuple(Demand((each.name,)) for each in seats)
    referring = frozenset({seat.name} if refers else ())
    portal.with_tools(sources=Sources(seats, Terms(demands, referring)))


def approved(portal: Portal, alice: User, bob: User) -> Order:
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)
    return order


def wait(portal: Portal, order: Order, *, looks: int = 5) -> Order:
    """Let workers look whenever the order is due, and see that nothing more is made."""
    before = world.now_there()
    for _ in range(looks):
        portal.clock.move_to(max(now(), *_due(order)) + timedelta(seconds=1))
        order = portal.look(order)
        after = world.now_there()
        assert (after.objects, after.repositories) == (before.objects, before.repositories)
        assert (order.direction, order.ended_as) == ("onward", "")
    return order


def _due(order: Order) -> list[Any]:
    return [moment for moment in (order.next_try_at, now()) if moment]


def code_of(order: Order) -> str:
    return order.runs.filter(finished_at=None).latest("pk").error_code


STEPS = ["await_approval", "register", "push_scaffold"]


@pytest.mark.parametrize("step", STEPS)
def test_while_the_decision_point_is_dead_nothing_is_made_and_then_it_goes_on_by_itself(
    portal: Portal, alice: User, bob: User, point: PointProcess, step: str
) -> None:
    asks(portal, point.seat())
    order = approved(portal, alice, bob)
    portal.after(step, point.kill)
    order = wait(portal, portal.look(order))
    assert code_of(order) == "entitlement.unknown"
    last = Evidence.objects.filter(order=order).latest("pk")
    assert (last.point, last.outcome, last.reason_code) == (
        *("effect", "unknown", "source_unreachable"),
    )
    point.start()
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_killed_in_the_middle_of_its_answer_it_permits_nothing(
    portal: Portal, alice: User, bob: User, point: PointProcess
) -> None:
    asks(portal, point.seat())
    order = approved(portal, alice, bob)
    yes = '{"decision": true}'
    portal.after("register", lambda: point.does(body=yes, length=500, then="dies"))
    order = wait(portal, portal.look(order))
    assert world.now_there().repositories == {}
    point.start()
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_a_point_that_comes_back_with_a_no_takes_it_all_back(
    portal: Portal, alice: User, bob: User, point: PointProcess
) -> None:
    asks(portal, point.seat())
    order = approved(portal, alice, bob)
    portal.after("push_scaffold", point.kill)
    order = wait(portal, portal.look(order))
    point.group = "nobody-any-more"
    point.start()
    assert portal.go_on(order).ended_as == Progress.REFUSED
    world.nothing_is_left()


def test_an_order_that_waits_too_long_for_a_source_expires_and_leaves_nothing(
    portal: Portal, alice: User, bob: User, point: PointProcess
) -> None:
    asks(portal, point.seat())
    order = approved(portal, alice, bob)
    until = now() + timedelta(hours=2)
    Change.objects.filter(number=order.change_number).update(window_end=until)
    portal.after("push_scaffold", point.kill)
    order = portal.go_on(order)  # to the end of its window; taking back asks nobody
    assert (order.ended_as, now() >= until) == (Progress.EXPIRED, True)
    world.nothing_is_left()


def test_where_a_person_decides_an_approval_from_before_covers_no_dead_source(
    portal: Portal, alice: User, bob: User, point: PointProcess
) -> None:
    asks(portal, point.seat(), refers=True)
    order = approved(portal, alice, bob)
    point.kill()
    order = wait(portal, portal.look(order))
    assert (code_of(order), again(order).change_started_at) == ("entitlement.unknown", None)
    point.start()
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_where_a_person_decides_one_who_saw_that_it_is_dead_lets_it_go_on(
    portal: Portal, alice: User, bob: User, point: PointProcess
) -> None:
    asks(portal, point.seat(), refers=True)
    point.kill()
    order = approved(portal, alice, bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    said = Evidence.objects.filter(order=order, person=alice.ident)
    assert set(said.values_list("outcome", flat=True)) == {"referred"}


def test_an_order_is_withdrawn_while_the_source_is_dead(
    portal: Portal, alice: User, bob: User, point: PointProcess
) -> None:
    asks(portal, point.seat())
    order = approved(portal, alice, bob)
    portal.after("push_scaffold", point.kill)
    order = portal.look(order)
    actions.withdraw(order, by=alice, reason="It takes too long.")
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()


# A directory


@pytest.fixture
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    member = slapd.group("retail:prod:deployers", slapd.person_dn("alice"))
    alice = [*slapd.people("alice"), member]
    with slapd.running(tmp_path_factory.mktemp("slapd"), alice) as running:
        yield running


def directory_seat(directory: Slapd, *, seconds: int = 5) -> Seat:
    groups = GroupEntitlements(["{tenant}:{environment}:deployers"], [], name="staff")
    asked = directory.directory(seconds=seconds)
    source = LdapEntitlements(asked, Naming("local"), WayOut(directory.bundle), groups)
    return Seat(source, Limits(deadline=timedelta(seconds=seconds), failures=0))


@slapd.NEEDED
@pytest.mark.parametrize("step", ["await_approval", "push_scaffold"])
def test_while_the_directory_is_dead_nothing_is_made_and_then_it_goes_on_by_itself(
    portal: Portal, alice: User, bob: User, directory: Slapd, step: str
) -> None:
    asks(portal, directory_seat(directory))
    order = approved(portal, alice, bob)
    portal.after(step, directory.kill)
    order = wait(portal, portal.look(order))
    assert code_of(order) == "entitlement.unknown"
    directory.start_again()
    assert portal.go_on(order).ended_as == Progress.REHEARSED


@slapd.NEEDED
def test_a_directory_that_hangs_holds_an_order_up_and_no_worker(
    portal: Portal, alice: User, bob: User, directory: Slapd
) -> None:
    asks(portal, directory_seat(directory, seconds=1))
    order = approved(portal, alice, bob)
    portal.after("register", lambda: directory.process.send_signal(signal.SIGSTOP))
    order = wait(portal, portal.look(order), looks=2)
    assert (code_of(order), order.lease_until) == ("entitlement.unknown", None)
    directory.process.send_signal(signal.SIGCONT)
    assert portal.go_on(order).ended_as == Progress.REHEARSED


@slapd.NEEDED
def test_who_is_taken_out_of_the_group_is_out_at_the_next_effect(
    portal: Portal, alice: User, bob: User, directory: Slapd
) -> None:
    asks(portal, directory_seat(directory))
    order = approved(portal, alice, bob)
    group = "retail:prod:deployers"
    directory.groups.append(group)
    portal.after("push_scaffold", lambda: directory.put(group))
    assert portal.go_on(order).ended_as == Progress.REFUSED
    world.nothing_is_left()
