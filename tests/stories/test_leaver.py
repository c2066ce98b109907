"""Somebody leaves who has three services and an order under way."""

from collections.abc import Iterator
from pathlib import Path

import ldap3
import pytest

from accounts import leaving as door
from accounts.models import Leaver, User
from audit.ledger import SYSTEM
from audit.models import Entry
from onboarding.actions import leaving
from onboarding.entitlement.directory import People
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.ldap import LdapEntitlements, Naming
from onboarding.leavers import lookups
from onboarding.leavers.models import Register
from onboarding.models import Order, Progress
from onboarding.running import leavers
from portal.clock import now
from portal.outbound import WayOut
from tenants.actions import owners
from tenants.models import Application, Service, Tenant
from tests.journey import Portal, again
from tests.make import browser_of, make_application, make_service
from tests.onboarding.entitlement import slapd
from tests.onboarding.entitlement.slapd import ADMIN, ADMIN_PASSWORD, Slapd, person_dn
from tests.stories import world

pytestmark = [pytest.mark.django_db, slapd.NEEDED]
STAFF = ("alice", "bob", "charlie", "olivia")


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Slapd]:
    folder = tmp_path / "slapd"
    folder.mkdir()
    with slapd.running(folder, list(slapd.people(*STAFF))) as running:
        yield running


def leave(directory: Slapd, name: str) -> None:
    """Take somebody out of the directory."""
    where = ldap3.Server(directory.plain, get_info="NO_INFO")
    with ldap3.Connection(where, ADMIN, ADMIN_PASSWORD) as admin:
        admin.delete(person_dn(name))  # type: ignore[no-untyped-call] # the library has no types for it


def night(directory: Slapd, operator: User) -> None:
    """Do what the sweeper does, at once."""
    people = People(slapd.PEOPLE, "(&(objectClass=inetOrgPerson)(uid={}))")
    groups = GroupEntitlements(["{tenant}:{environment}:deployers"], [], name="directory")
    asked = directory.directory(people=people)
    way = WayOut(directory.bundle)
    source = LdapEntitlements(asked, Naming("local"), way, groups, leavers=True)
    leaving.look_now(by=operator)
    leavers.look([source], now())
    leaving.stop_orders()


@pytest.fixture
def services(portal: Portal, retail: Tenant, alice: User) -> list[Service]:
    """Three services that alice answers for; the first is really there."""
    others = [make_application(name, tenant=retail, owner=alice) for name in ("stock", "till")]
    return [portal.berth(alice), *map(make_service, others)]


def listed(operator: User) -> str:
    return browser_of(operator).get("/operate/leavers/").content.decode()


def test_an_order_under_way_is_stopped_and_undone_and_three_services_find_new_owners(
    portal: Portal, directory: Slapd, services: list[Service], alice: User, bob: User, olivia: User
) -> None:
    night(directory, olivia)
    before = world.namespaces()
    order = portal.go_on(portal.order(alice, "prod"))
    portal.approve(order, bob)

    def leaves_meanwhile() -> None:
        leave(directory, "alice")
        night(directory, olivia)

    portal.after("prime", leaves_meanwhile)
    order = portal.go_on(order)
    assert (order.ended_as, order.back_reason) == (
        Progress.WITHDRAWN,
        "Alice has left, says directory.",
    )
    assert world.namespaces() == before
    assert Entry.objects.get(verb="stopped").object_uuid == order.uuid
    hand_everything_over(services, bob, olivia)


def hand_everything_over(services: list[Service], to: User, operator: User) -> None:
    """Hand over one service after another, and the applications, until nothing is left."""
    for service in services:
        assert f"/services/{service.uuid}/" in listed(operator)
        at = f"/operate/leavers/services/{service.uuid}/hand-over/"
        browser_of(operator).post(at, {"owner": to.uuid})
        assert f"/services/{service.uuid}/" not in listed(operator)
    for application in Application.objects.all():
        seen = application.version
        owners.change_application(application, {"owner": to}, seen=seen, by=operator)
    assert "Nothing waits for a new owner" in listed(operator)
    keys = [service.pk for service in services]
    assert set(Service.objects.filter(pk__in=keys).values_list("owner", flat=True)) == {to.pk}
    assert Leaver.objects.filter(cleared_at=None).count() == 1


def test_an_order_past_its_point_of_no_return_goes_on_to_its_end(
    portal: Portal, directory: Slapd, alice: User, olivia: User
) -> None:
    night(directory, olivia)
    leave(directory, "alice")
    portal.after("operational", lambda: night(directory, olivia))
    order = portal.go_on(portal.order(alice))
    assert order.ended_as == Progress.REHEARSED
    assert "has left" in browser_of(olivia).get("/services/?review=left").content.decode()


def test_an_order_that_settles_at_the_moment_it_is_to_be_stopped_goes_on(
    portal: Portal, alice: User
) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    door.flag(alice, told_by="directory", by=SYSTEM)
    (found,) = lookups.orders_to_stop()
    Order.objects.filter(pk=order.pk).update(settled_at=now())
    assert not leaving.stop(found)
    assert not lookups.orders_to_stop().exists()
    assert again(order).direction == "onward"


def test_a_directory_that_is_down_stops_nothing_and_flags_nobody(
    portal: Portal, directory: Slapd, alice: User, olivia: User
) -> None:
    night(directory, olivia)
    order = portal.go_on(portal.order(alice, "prod"))
    directory.process.kill()
    directory.process.wait()
    night(directory, olivia)
    assert not Leaver.objects.exists()
    assert again(order).direction == "onward"
    assert Register.objects.get(name="directory").last_error
    assert "Flagged nobody" in listed(olivia)


def test_known_again_the_flag_goes_and_what_was_stopped_stays_so(
    portal: Portal, directory: Slapd, alice: User, olivia: User
) -> None:
    night(directory, olivia)
    order = portal.go_on(portal.order(alice, "prod"))
    leave(directory, "alice")
    night(directory, olivia)
    with ldap3.Connection(ldap3.Server(directory.plain), ADMIN, ADMIN_PASSWORD) as admin:
        admin.add(person_dn("alice"), "inetOrgPerson", {"sn": "alice", "cn": "alice"})  # type: ignore[no-untyped-call] # the same
    night(directory, olivia)
    assert not Leaver.objects.filter(cleared_at=None).exists()
    assert portal.go_on(again(order)).ended_as == Progress.WITHDRAWN
    world.nothing_is_left()
