"""A service is taken away: all of it goes, in order, and what has to stay stays."""

import json
from functools import partial

import pytest
from django.conf import settings

from accounts.models import User
from audit.models import Entry
from onboarding import actions
from onboarding.models import Direction, Order, Progress
from onboarding.repositories import credentials
from onboarding.repositories.access import decide
from onboarding.repositories.visits import Refusal, Visit
from onboarding.stories import STORIES
from portal.errors import (
    NotAmendable,
    NotEntitled,
    OrderUnderWay,
    ReasonMissing,
    RepositoryLeaving,
    ServiceNotReady,
    TooLate,
)
from tenants.lifecycle import Lifecycle
from tenants.models import Claim, Service
from tests.journey import NOBODY, POLICY, Portal, again, plan_of
from tests.stories import world

pytestmark = pytest.mark.django_db

NAMES = [step.name for step in STORIES["offboard"].steps]
POINT = "pass_the_point"  # of no return
KEYS = {"k1": "x" * 40}


def read(service: Service) -> Service:
    return Service.objects.get(pk=service.pk)


def test_an_offboarded_service_leaves_nothing_but_the_record(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    order = portal.go_on(portal.offboard(service, alice))
    assert order.ended_as == Progress.REHEARSED
    assert read(service).lifecycle == Lifecycle.RETIRED
    assert world.now_there().placements[0][3] == Lifecycle.RETIRED
    world.nothing_is_left()


def test_its_repository_is_archived_with_all_that_the_team_did(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    world.push_to("retail/basket", "src/app.py")
    order = portal.go_on(portal.offboard(service, alice))
    ((path, archived),) = world.now_there().repositories.items()
    assert path.startswith(".archive/retail.basket.")
    assert archived["history"][0][0] == "Work"
    last = order.runs.get(step="tell_requester")
    assert "The repository retail/basket is archived." in last.note


def test_the_way_out_is_delivery_then_rights_then_space(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    seen: list[list[str]] = []
    portal.tell("offboard")
    for name in ("pass_the_point", "take_away", "leave"):
        portal.after(name, lambda: seen.append(world.namespaces()))
    portal.go_on(portal.offboard(service, alice))
    before, taken, left = seen
    assert any("retail-basket-dev" in path for path in before)
    assert not any("retail-basket-dev" in path for path in taken)
    assert any("retail-flux" in path for path in taken)
    assert left == []


def test_people_decide_where_people_decide(portal: Portal, alice: User, bob: User) -> None:
    service = portal.berth(alice, "prod")
    there = world.namespaces()
    order = portal.go_on(portal.offboard(service, alice))
    assert (read(service).lifecycle, world.namespaces()) == (Lifecycle.REHEARSED, there)
    portal.approve(order, bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    world.nothing_is_left()


def test_the_approver_reads_what_goes_and_what_stays(portal: Portal, alice: User) -> None:
    order = portal.go_on(portal.offboard(portal.berth(alice, "prod"), alice))
    said = " ".join(STORIES["offboard"].in_words(order, plan_content(order)))
    assert "The space retail-basket-prod goes from eu1-a" in said
    assert "goes too, as nothing else of the tenant is there" in said
    assert "retail/basket is archived" in said


def plan_content(order: Order) -> dict[str, object]:
    return dict(json.loads(plan_of(order).desired))


def test_a_refusal_leaves_the_service_in_use(portal: Portal, alice: User, bob: User) -> None:
    service = portal.berth(alice, "prod")
    there = world.namespaces()
    order = portal.go_on(portal.offboard(service, alice))
    portal.refuse(order, bob, "Somebody still uses it.")
    assert portal.go_on(order).ended_as == Progress.REFUSED
    assert (read(service).lifecycle, world.namespaces()) == (Lifecycle.REHEARSED, there)


@pytest.mark.parametrize("name", NAMES[: NAMES.index(POINT)])
def test_withdrawn_before_the_point_of_no_return_the_service_stays(
    portal: Portal, alice: User, name: str
) -> None:
    service = portal.berth(alice)
    before = world.now_there()
    portal.tell("offboard")
    order = portal.offboard(service, alice)
    portal.after(name, lambda: actions.withdraw(again(order), by=alice, reason="We need it."))
    assert portal.go_on(order).ended_as == Progress.WITHDRAWN
    after = world.now_there()
    assert read(service).lifecycle == Lifecycle.REHEARSED
    assert (after.objects, after.repositories) == (before.objects, before.repositories)
    assert (after.claims, after.address) == (before.claims, before.address)


@pytest.mark.parametrize("name", NAMES[NAMES.index(POINT) :])
def test_from_the_point_of_no_return_on_withdrawing_is_too_late(
    portal: Portal, alice: User, name: str
) -> None:
    portal.tell("offboard")
    order = portal.offboard(portal.berth(alice), alice)
    portal.after(name, partial(too_late, order, alice))
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def too_late(order: Order, by: User) -> None:
    with pytest.raises(TooLate):
        actions.withdraw(again(order), by=by, reason="We need it.")


def test_a_right_that_is_lost_after_the_point_does_not_leave_half_a_service(
    portal: Portal, alice: User
) -> None:
    portal.tell("offboard")
    order = portal.offboard(portal.berth(alice), alice)
    portal.after(POINT, lambda: portal.write_policy(NOBODY))
    assert portal.go_on(order).ended_as == Progress.REHEARSED
    world.nothing_is_left()


def test_a_right_that_is_lost_before_the_point_keeps_the_service(
    portal: Portal, alice: User, bob: User
) -> None:
    service = portal.berth(alice, "prod")
    order = portal.go_on(portal.offboard(service, alice))
    portal.approve(order, bob)
    portal.write_policy(NOBODY)
    portal.clock.shift(settings.BERTH_ENTITLEMENT_TTL)
    assert portal.go_on(order).ended_as == Progress.REFUSED
    assert read(service).lifecycle == Lifecycle.REHEARSED


def test_the_repository_stays_while_another_environment_uses_it(
    portal: Portal, alice: User
) -> None:
    dev, prod = portal.berth(alice), portal.berth(alice, "prod")
    order = portal.finish(portal.offboard(dev, alice))
    assert "stays: other services use it" in order.runs.get(step="tell_requester").note
    assert list(world.now_there().repositories) == ["retail/basket.git"]
    assert any("retail-flux" in path for path in world.namespaces())
    portal.finish(portal.offboard(prod, alice))
    world.nothing_is_left()


def test_two_that_leave_at_once_put_the_repository_away_together(
    portal: Portal, alice: User
) -> None:
    dev, prod = portal.berth(alice), portal.berth(alice, "prod")
    first, second = portal.offboard(dev, alice), portal.offboard(prod, alice)
    portal.tell("offboard")
    portal.before("give_back_names", lambda: portal.finish(second) if first_time(second) else None)
    assert portal.go_on(first).is_over
    assert again(second).is_over
    world.nothing_is_left()


def first_time(order: Order) -> bool:
    return not order.runs.filter(step="give_back_names").exists()


def test_a_plan_whose_neighbours_changed_is_approved_anew(
    portal: Portal, alice: User, bob: User
) -> None:
    prod = portal.berth(alice, "prod")
    order = portal.go_on(portal.offboard(prod, alice))
    portal.berth(alice)
    portal.approve(order, bob)
    order = portal.go_on(order)
    assert (order.revision_number, order.is_over) == (2, False)
    portal.approve(order, bob)
    assert portal.go_on(order).ended_as == Progress.REHEARSED


def test_the_application_can_come_back(portal: Portal, alice: User) -> None:
    gone = portal.berth(alice)
    portal.go_on(portal.offboard(gone, alice))
    back = portal.berth(alice)
    assert back.pk != gone.pk
    assert world.files_of("retail/basket")


def test_a_credential_no_longer_counts(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    place = service.placements.get()
    portal.go_on(portal.offboard(service, alice))
    secret = credentials.password(KEYS, place.uuid, place.credential_generation)
    visit = Visit(
        credentials.username(place.uuid), secret, "retail/basket", writes=False, environ={}
    )
    assert decide(visit, "embedded", KEYS) is Refusal.UNKNOWN


def test_one_order_at_a_time_changes_a_service(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    portal.offboard(service, alice)
    with pytest.raises(OrderUnderWay, match="Offboard basket from dev"):
        portal.offboard(service, alice)


def test_what_is_gone_cannot_go_again(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    portal.go_on(portal.offboard(service, alice))
    with pytest.raises(ServiceNotReady, match="retired"):
        portal.offboard(read(service), alice)


def test_an_offboarding_is_not_amended(portal: Portal, alice: User) -> None:
    order = portal.offboard(portal.berth(alice), alice)
    with pytest.raises(NotAmendable):
        actions.begin_amendment(order, by=alice)


def test_a_reason_is_needed_and_kept(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    with pytest.raises(ReasonMissing):
        portal.offboard(service, alice, "  ")
    order = portal.offboard(service, alice, "It is replaced.")
    entry = Entry.objects.get(object_uuid=order.uuid, verb="submitted")
    assert entry.reason == "It is replaced."


def test_a_stranger_and_somebody_without_the_right_order_nothing(
    portal: Portal, alice: User, charlie: User
) -> None:
    service = portal.berth(alice)
    with pytest.raises(NotEntitled):
        portal.offboard(service, charlie)
    portal.write_policy(POLICY.replace(", offboard", ""))
    with pytest.raises(NotEntitled):
        portal.offboard(service, alice)
    assert not Order.objects.filter(kind="offboard").exists()


def test_a_newcomer_waits_until_the_repository_is_put_away(portal: Portal, alice: User) -> None:
    service = portal.berth(alice)
    portal.tell("offboard")
    refused: list[str] = []
    portal.after("give_back_names", partial(newcomer, portal, alice, refused))
    portal.go_on(portal.offboard(service, alice))
    assert refused == ["order.repository-leaving"]
    assert portal.go_on(portal.order(alice, "prod")).direction == Direction.ONWARD


def newcomer(portal: Portal, by: User, refused: list[str]) -> None:
    with pytest.raises(RepositoryLeaving) as caught:
        portal.order(by, "prod")
    refused.append(caught.value.code)


def test_a_repository_claim_passes_to_who_stays(portal: Portal, alice: User) -> None:
    dev = portal.berth(alice)
    other = portal.go_on(portal.order(alice, "prod"))
    portal.finish(portal.offboard(dev, alice))
    actions.withdraw(other, by=alice, reason="")
    portal.go_on(other)
    assert not Claim.objects.filter(released_at=None).exists()
