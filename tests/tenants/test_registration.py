"""Services are registered once, move by what was seen, and leave nothing behind."""

from uuid import uuid4

import pytest

from accounts.models import User
from audit.models import Entry, Touched
from portal.errors import InUse, NameTaken, ServiceExists, TenantLeaving
from tenants.actions import claims, ground, owners, registration
from tenants.lifecycle import Lifecycle
from tenants.models import (
    Application,
    ClaimKind,
    Cluster,
    Placement,
    Presence,
    Service,
    TenantCluster,
)
from tests.make import (
    make_application,
    make_cluster,
    make_destination,
    make_placement,
    make_service,
    make_size,
)
from tests.tenants.conftest import ENGINE, AtOnce, placement_of, spec_of


def register(application: Application, *clusters: Cluster) -> Service:
    return registration.register_service(spec_of(application, *clusters), by=ENGINE)


def test_a_service_is_registered_with_what_it_rests_on(basket: Application, eu1: Cluster) -> None:
    service = register(basket, eu1)
    placement = service.placements.get()
    assert service.lifecycle == placement.lifecycle == Lifecycle.DESIGNED
    assert placement.tenant_cluster.presence == Presence.PRESENT
    assert placement.tenant_cluster.control_namespace == "retail-flux"
    entry = Entry.objects.get(verb="registered")
    assert entry.object_uuid == service.uuid
    assert set(Touched.objects.filter(entry_id=entry.pk).values_list("object_uuid", flat=True)) == {
        service.uuid,
        placement.uuid,
    }


def test_the_same_uuids_again_give_the_same_rows(basket: Application, eu1: Cluster) -> None:
    spec = spec_of(basket, eu1)
    first = registration.register_service(spec, by=ENGINE)
    assert registration.register_service(spec, by=ENGINE).pk == first.pk
    assert Placement.objects.count() == 1
    assert Entry.objects.filter(verb="registered").count() == 1


def test_a_second_service_in_one_environment_is_refused(basket: Application, eu1: Cluster) -> None:
    register(basket, eu1)
    with pytest.raises(ServiceExists, match="retail/basket is in dev already"):
        register(basket, eu1)


def test_of_two_registrations_at_once_one_wins(
    at_once: AtOnce, basket: Application, eu1: Cluster
) -> None:
    specs = [spec_of(basket, eu1), spec_of(basket, eu1)]
    outcomes = at_once(*(lambda s=s: registration.register_service(s, by=ENGINE) for s in specs))
    assert sorted(type(each).__name__ for each in outcomes) == ["Service", "ServiceExists"]
    assert Placement.objects.count() == TenantCluster.objects.count() == 1


def test_two_applications_at_once_share_the_ground(
    at_once: AtOnce, basket: Application, eu1: Cluster
) -> None:
    other = make_application("other", tenant=basket.tenant)
    outcomes = at_once(lambda: register(basket, eu1), lambda: register(other, eu1))
    assert [type(each) for each in outcomes] == [Service, Service]
    assert TenantCluster.objects.count() == 1


def test_a_namespace_in_use_is_taken(basket: Application, eu1: Cluster) -> None:
    register(basket, eu1)
    other = make_application("other", tenant=basket.tenant)
    spot = placement_of(other, eu1, namespace="retail-basket-dev")
    with pytest.raises(NameTaken):
        registration.register_service(spec_of(other, placements=(spot,)), by=ENGINE)
    assert not Service.objects.filter(application=other).exists()


def test_newcomers_wait_while_the_tenant_leaves(basket: Application, eu1: Cluster) -> None:
    first = register(basket, eu1)
    registration.retire_service(first, by=ENGINE)
    with pytest.raises(TenantLeaving):
        register(basket, eu1)
    presence = TenantCluster.objects.get()
    fence = ground.take_ground(presence, "w1", until=presence.created_at)
    assert ground.mark_gone(presence, fence or 0)
    assert register(basket, eu1).placements.get().tenant_cluster.presence == Presence.PRESENT


def test_a_retired_application_gets_no_service(basket: Application, eu1: Cluster) -> None:
    spec = spec_of(basket, eu1)
    owners.retire_application(basket, by=ENGINE)
    with pytest.raises(InUse):
        registration.register_service(spec, by=ENGINE)


def test_a_lifecycle_moves_only_from_where_it_is_expected(db: None) -> None:
    service = make_service()
    assert registration.set_lifecycle(service, Lifecycle.OPERATIONAL, by=ENGINE)
    assert not registration.set_lifecycle(service, Lifecycle.OPERATIONAL, by=ENGINE)
    assert service.version == 2
    assert Entry.objects.get().changes == {"lifecycle": ["designed", "operational"]}


def test_nothing_rises_from_retired(db: None) -> None:
    service = make_service(lifecycle=Lifecycle.RETIRED)
    assert not registration.set_lifecycle(service, Lifecycle.OPERATIONAL, by=ENGINE)
    with pytest.raises(ValueError, match="does not follow"):
        registration.set_lifecycle(
            service, Lifecycle.OPERATIONAL, expected_from=[Lifecycle.RETIRED], by=ENGINE
        )


def test_a_first_delivery_is_written_down_once(db: None) -> None:
    placement = make_placement()
    at = placement.created_at
    assert registration.set_live(placement, revision="main@sha1:abc", at=at, by=ENGINE)
    assert not registration.set_live(placement, revision="main@sha1:def", at=at, by=ENGINE)
    assert (placement.revision, placement.live_at) == ("main@sha1:abc", at)


def test_placements_move_on_with_their_service(db: None) -> None:
    placement = make_placement()
    registration.set_lifecycle(placement.service, Lifecycle.REHEARSED, by=ENGINE)
    placement.refresh_from_db()
    assert placement.lifecycle == Lifecycle.REHEARSED


def test_the_last_placement_lets_the_ground_leave(basket: Application, eu1: Cluster) -> None:
    first = register(basket, eu1).placements.get()
    second = register(make_application("other", tenant=basket.tenant), eu1).placements.get()
    registration.retire_placement(first, by=ENGINE)
    assert TenantCluster.objects.get().presence == Presence.PRESENT
    registration.retire_placement(second, by=ENGINE)
    assert TenantCluster.objects.get().presence == Presence.LEAVING


def test_of_two_last_placements_at_once_one_lets_the_ground_leave(
    at_once: AtOnce, basket: Application, eu1: Cluster
) -> None:
    places = [
        register(basket, eu1).placements.get(),
        register(make_application("other", tenant=basket.tenant), eu1).placements.get(),
    ]
    done = at_once(*(lambda p=p: registration.retire_placement(p, by=ENGINE) for p in places))
    assert done == [True, True]
    assert TenantCluster.objects.get().presence == Presence.LEAVING


def test_a_service_in_use_is_not_retired_by_undo(db: None) -> None:
    placement = make_placement(lifecycle=Lifecycle.OPERATIONAL)
    with pytest.raises(InUse, match="operational"):
        registration.retire_service(placement.service, by=ENGINE)
    placement.refresh_from_db()
    assert placement.lifecycle == Lifecycle.OPERATIONAL


def test_retiring_twice_does_nothing_more(db: None) -> None:
    service = make_placement().service
    assert registration.retire_service(service, by=ENGINE, reason="Withdrawn")
    assert not registration.retire_service(service, by=ENGINE)
    assert Entry.objects.filter(object_uuid=service.uuid).count() == 1


def test_an_application_with_a_live_service_stays(olivia: User) -> None:
    service = make_service()
    with pytest.raises(InUse, match="still runs in dev"):
        owners.retire_application(service.application, by=olivia)
    registration.retire_service(service, by=ENGINE)
    assert owners.retire_application(service.application, by=olivia)


def test_an_application_with_an_order_under_way_stays(basket: Application, olivia: User) -> None:
    kind = ClaimKind.REPOSITORY
    order = uuid4()
    claims.claim(kind, "bare", "retail/basket", order_uuid=order, application=basket)
    with pytest.raises(InUse, match="under way"):
        owners.retire_application(basket, by=olivia)


def test_a_service_in_two_regions_of_clusters_has_two_placements(basket: Application) -> None:
    service = register(basket, make_cluster("eu1-a"), make_cluster("eu1-b"))
    assert [place.cluster.slug for place in service.placements.all()] == ["eu1-a", "eu1-b"]


def test_another_size_is_written_down_once_with_what_it_was(
    basket: Application, eu1: Cluster
) -> None:
    service = register(basket, eu1)
    size, reached = make_size("m").slug, [make_destination("kafka").slug]
    for again in (False, True):
        changed = registration.resize_service(service, size=size, destinations=reached, by=ENGINE)
        assert changed is not again
    (entry,) = Entry.objects.filter(verb="resized")
    assert entry.changes["size"] == ["s", "m"]
    assert "kafka" in entry.changes["destinations"][1]


def test_a_service_that_was_to_go_may_stay_what_it_was(basket: Application, eu1: Cluster) -> None:
    service = register(basket, eu1)
    for to in (Lifecycle.REHEARSED, Lifecycle.RETIRING, Lifecycle.REHEARSED):
        assert registration.set_lifecycle(service, to, by=ENGINE)
    service.refresh_from_db()
    assert service.lifecycle == service.placements.get().lifecycle == Lifecycle.REHEARSED


def test_only_a_service_that_is_as_it_was_seen_is_held(basket: Application, eu1: Cluster) -> None:
    service = register(basket, eu1)
    assert registration.hold_service(service, Lifecycle.DESIGNED)
    assert not registration.hold_service(service, Lifecycle.OPERATIONAL)
