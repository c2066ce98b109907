"""What somebody sees follows from membership, role or grant; nothing else is there for them."""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import pytest
from django.db.models import QuerySet
from django.http import Http404

from accounts.machines import Machine
from accounts.models import Scope, User
from accounts.tokens import issue
from tenants import lookups, names
from tenants.actions import owners
from tenants.lifecycle import Lifecycle
from tenants.models import ClaimKind, Cluster, Delivery, Placement, Tenant
from tests.make import (
    make_application,
    make_cluster,
    make_environment,
    make_placement,
    make_service,
    make_tenant_cluster,
)

RowsOf: TypeAlias = Callable[[User], QuerySet[Any]]
LISTS: tuple[RowsOf, ...] = (
    lookups.tenants_of,
    lookups.applications_of,
    lookups.services_of,
    lookups.placements_of,
    lookups.presences_of,
)


@pytest.fixture
def placement(retail: Tenant, alice: User) -> Placement:
    return make_placement(make_service(make_application(tenant=retail, owner=alice)))


@pytest.mark.parametrize("rows_of", LISTS)
def test_a_member_sees_what_is_the_tenants_and_a_stranger_nothing(
    rows_of: RowsOf, placement: Placement, alice: User, charlie: User, payments: Tenant
) -> None:
    assert rows_of(alice).count() == 1
    assert not any("retail" in str(row) for row in rows_of(charlie))


@pytest.mark.parametrize("rows_of", LISTS)
def test_operators_and_auditors_see_every_tenant(
    rows_of: RowsOf, placement: Placement, olivia: User, audra: User
) -> None:
    assert rows_of(olivia).count() == rows_of(audra).count() == 1


def test_a_stranger_gets_the_same_answer_as_for_a_row_that_does_not_exist(
    placement: Placement, charlie: User
) -> None:
    service = placement.service
    for find, uuid in (
        (lookups.tenant_for, service.application.tenant.uuid),
        (lookups.application_for, service.application.uuid),
        (lookups.service_for, service.uuid),
        (lookups.placement_for, placement.uuid),
        (lookups.presence_for, placement.tenant_cluster.uuid),
    ):
        refusals = [absent(find, charlie, each) for each in (uuid, uuid4())]
        assert refusals[0] == refusals[1]


def absent(find: Callable[[User, UUID], Any], asker: User, uuid: UUID) -> str:
    with pytest.raises(Http404) as refusal:
        find(asker, uuid)
    return repr(refusal.value)


def test_two_memberships_show_a_row_once(retail: Tenant, payments: Tenant, alice: User) -> None:
    payments.members.add(alice)
    assert list(lookups.tenants_of(alice)) == [payments, retail]


def machine_with(*tenants: Tenant | None, by: User) -> Machine:
    token, _ = issue("robot", scope=Scope.CMDB_READ)
    for tenant in tenants:
        owners.grant_sight(token, tenant, by=by)
    return Machine(token)


def test_a_machine_sees_what_it_was_granted(
    placement: Placement, payments: Tenant, olivia: User
) -> None:
    assert not lookups.services_of(machine_with(by=olivia)).exists()
    assert not lookups.services_of(machine_with(payments, by=olivia)).exists()
    retail = placement.service.application.tenant
    assert lookups.services_of(machine_with(retail, by=olivia)).count() == 1
    assert lookups.services_of(machine_with(None, by=olivia)).count() == 1


def test_sight_that_was_taken_is_gone_at_once(placement: Placement, olivia: User) -> None:
    machine = machine_with(None, by=olivia)
    owners.withdraw_sight(machine.token, None, by=olivia)
    assert not lookups.services_of(machine).exists()


def test_claims_are_for_those_who_see_everything(alice: User, olivia: User) -> None:
    application = make_application()
    application.claims.create(kind=ClaimKind.REPOSITORY, scope="bare", name="x", order_uuid=uuid4())
    assert lookups.claims_of(olivia).count() == 1
    assert lookups.claims_of(machine_with(None, by=olivia)).count() == 1
    assert not lookups.claims_of(alice).exists()


def test_clusters_follow_by_rank_then_load_then_name(db: None) -> None:
    dev = make_environment("dev")
    make_placement(cluster=make_cluster("eu1-a"))
    for slug, fields in (
        ("eu1-c", {}),
        ("eu1-b", {}),
        ("eu1-z", {"rank": 1}),
        ("eu1-closed", {"accepting": False}),
        ("us1-a", {"region": "us1"}),
    ):
        make_cluster(slug, **fields)
    chosen = lookups.clusters_in_turn(dev, "eu1")
    assert [cluster.slug for cluster in chosen] == ["eu1-b", "eu1-c", "eu1-a", "eu1-z"]


def test_a_cluster_of_another_environment_does_not_follow(db: None) -> None:
    make_cluster("eu1-a", environments=[make_environment("prod")])
    assert lookups.clusters_in_turn(make_environment("dev"), "eu1") == []
    assert lookups.regions_for(make_environment("dev")) == []


def test_a_retired_placement_is_no_load(db: None) -> None:
    make_placement(cluster=make_cluster("eu1-a"), lifecycle=Lifecycle.RETIRED)
    make_cluster("eu1-b")
    assert lookups.clusters_in_turn(make_environment("dev"), "eu1")[0].slug == "eu1-a"


def test_regions_are_those_with_a_cluster_that_accepts(db: None) -> None:
    for slug, region in (("a", "us1"), ("b", "eu1"), ("c", "eu1")):
        make_cluster(slug, region=region)
    make_cluster("d", region="ap1", accepting=False)
    assert lookups.regions_for(make_environment("dev")) == ["eu1", "us1"]


def test_a_name_is_taken_by_a_claim_or_by_shared_ground(
    retail: Tenant, eu1: Cluster, alice: User
) -> None:
    scope = str(eu1.uuid)
    claim = make_application(tenant=retail, owner=alice).claims.create(
        kind=ClaimKind.NAMESPACE, scope=scope, name="retail-basket-dev", order_uuid=uuid4()
    )
    make_tenant_cluster(retail, eu1)
    assert lookups.is_name_taken(ClaimKind.NAMESPACE, scope, claim.name)
    assert lookups.is_name_taken(ClaimKind.NAMESPACE, scope, "retail-flux")
    assert not lookups.is_name_taken(ClaimKind.NAMESPACE, scope, "retail-other-dev")
    assert not lookups.is_name_taken(ClaimKind.REPOSITORY, "bare", claim.name)


def test_ground_is_known_by_one_uuid_before_it_is_made_and_after(
    retail: Tenant, eu1: Cluster
) -> None:
    planned = lookups.ground_of(retail, eu1)
    assert planned.control_namespace == "retail-flux"
    assert planned.uuid == names.presence_uuid(retail.uuid, eu1.uuid)
    planned.save()
    assert lookups.ground_of(retail, eu1).pk == planned.pk


def test_everybody_signed_in_knows_the_fleet(alice: User) -> None:
    Cluster.objects.create(slug="eu1-a", region="eu1", delivery=Delivery.API)
    assert lookups.clusters_for(alice).count() == 1
