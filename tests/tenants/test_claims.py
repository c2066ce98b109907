"""Names are taken once, shared by whom they belong to, and given back."""

from uuid import UUID, uuid4

import pytest

from audit.models import Entry
from portal.errors import InUse, NameTaken, RepositoryLeaving
from tenants.actions import claims, rows
from tenants.models import Application, Claim, ClaimKind, Cluster, Presence, Tenant
from tests.make import make_application, make_tenant_cluster
from tests.tenants.conftest import AtOnce

HOST = "bare"
NAME = "retail-basket-dev"


def take(cluster: Cluster, application: Application, order: UUID, name: str = NAME) -> Claim:
    return claims.claim(
        ClaimKind.NAMESPACE,
        str(cluster.uuid),
        name,
        order_uuid=order,
        application=application,
        placement_uuid=uuid4(),
    )


def take_repository(application: Application, order: UUID) -> Claim:
    return claims.claim(
        ClaimKind.REPOSITORY, HOST, "retail/basket", order_uuid=order, application=application
    )


def test_a_taken_name_is_refused_without_naming_the_other_tenant(
    basket: Application, eu1: Cluster, payments: Tenant
) -> None:
    take(eu1, make_application("ledger", tenant=payments), uuid4())
    with pytest.raises(NameTaken) as refusal:
        take(eu1, basket, uuid4())
    assert refusal.value.detail == f"The namespace {NAME} is taken."
    assert Claim.objects.count() == 1


def test_taking_a_name_again_gives_the_same_claim(basket: Application, eu1: Cluster) -> None:
    order = uuid4()
    first = take(eu1, basket, order)
    again = take(eu1, basket, order)
    assert again.pk == first.pk
    assert again.placement_uuid != first.placement_uuid
    assert Entry.objects.filter(verb="claimed").count() == 1


def test_the_same_name_on_another_cluster_is_another_name(
    basket: Application, eu1: Cluster
) -> None:
    take(eu1, basket, uuid4())
    other = Cluster.objects.create(slug="us1-a", region="us1")
    assert take(other, basket, uuid4()).scope == str(other.uuid)


def test_of_two_claims_at_once_one_wins(at_once: AtOnce, basket: Application, eu1: Cluster) -> None:
    outcomes = at_once(
        lambda: take(eu1, basket, uuid4()),
        lambda: take(eu1, basket, uuid4()),
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Claim", "NameTaken"]
    assert Claim.objects.count() == 1


def test_a_control_namespace_is_never_claimed(
    basket: Application, eu1: Cluster, payments: Tenant
) -> None:
    presence = make_tenant_cluster(payments, eu1)
    with pytest.raises(NameTaken):
        take(eu1, basket, uuid4(), "payments-flux")
    rows.move(presence, to={"presence": Presence.GONE})
    assert take(eu1, basket, uuid4(), "payments-flux").released_at is None


def test_orders_of_one_application_share_its_repository(basket: Application) -> None:
    assert take_repository(basket, uuid4()).pk == take_repository(basket, uuid4()).pk


def test_a_repository_of_another_application_is_taken(basket: Application) -> None:
    take_repository(basket, uuid4())
    with pytest.raises(NameTaken):
        take_repository(make_application("other", tenant=basket.tenant), uuid4())


def test_what_was_given_back_can_be_taken_again(basket: Application, eu1: Cluster) -> None:
    order = uuid4()
    take(eu1, basket, order)
    assert claims.release_claims(order) == 1
    assert claims.release_claims(order) == 0
    assert take(eu1, basket, uuid4()).released_at is None


def test_a_repository_stays_claimed_while_another_order_rests_on_it(
    basket: Application, eu1: Cluster
) -> None:
    first, second = uuid4(), uuid4()
    repository = take_repository(basket, first)
    take(eu1, basket, second, "retail-basket-prod")
    assert claims.release_claims(first) == 0
    repository.refresh_from_db()
    assert repository.order_uuid == second
    assert claims.release_claims(second) == 2


def test_an_amended_order_keeps_what_it_still_needs(basket: Application, eu1: Cluster) -> None:
    order = uuid4()
    kept, dropped = take(eu1, basket, order), take(eu1, basket, order, "retail-basket2-dev")
    assert claims.release_claims(order, keep=[kept.uuid]) == 1
    dropped.refresh_from_db()
    assert dropped.released_at is not None


def test_a_retired_application_takes_no_names(basket: Application, eu1: Cluster) -> None:
    basket_before = Application.objects.get(pk=basket.pk)
    rows.move(basket, to={"retired_at": "2026-01-01T00:00:00Z"})
    with pytest.raises(InUse, match="has been retired"):
        take(eu1, basket_before, uuid4())


def test_places_that_are_gone_give_their_names_back_and_the_repository_leaves_with_the_last(
    basket: Application, eu1: Cluster
) -> None:
    dev, prod, leaving = uuid4(), uuid4(), uuid4()
    first, second = take(eu1, basket, dev), take(eu1, basket, prod, "retail-basket-prod")
    repository = take_repository(basket, dev)
    for gone, holder in ((first, prod), (second, leaving)):
        places = [gone.placement_uuid] if gone.placement_uuid else []
        claims.release_places(basket, places, order_uuid=leaving)
        repository.refresh_from_db()
        assert repository.order_uuid == holder
    assert repository.leaving_at is not None
    assert Claim.objects.filter(released_at=None).get() == repository


def test_nobody_shares_a_repository_that_is_leaving(basket: Application, eu1: Cluster) -> None:
    order = uuid4()
    take_repository(basket, order)
    claims.release_places(basket, [], order_uuid=order)
    with pytest.raises(RepositoryLeaving, match="retail/basket"):
        take_repository(basket, uuid4())
    assert claims.release_repository(basket, order_uuid=uuid4()) == 0
    assert claims.release_repository(basket, order_uuid=order) == 1
    assert take_repository(basket, uuid4()).leaving_at is None
