"""Lists of records: they go on where they stopped, and count what is in use."""

from django.db.models import QuerySet
from django.test import RequestFactory

from accounts.models import User
from portal import lists
from portal.clock import now
from tenants import listings, lookups
from tenants.lifecycle import Lifecycle
from tenants.models import Application, Cluster, Service, Tenant
from tests.make import make_application, make_environment, make_placement, make_service


def read_through(rows: QuerySet[Service]) -> list[str]:
    """Return the services of all pages, two a page, in the order in which people read them."""
    address, read = "/services/", list[str]()
    while address and len(read) < 20:
        http = RequestFactory().get(address)
        page = lists.page(rows, http, key="place", size=2, keyed=listings.services_in_place)
        assert page.total == rows.count()
        read += [f"{each.application.slug} {each.environment_id}" for each in page.rows]
        address = page.next_url
    return read


def test_a_list_by_several_columns_shows_every_row_once_in_its_order(
    retail: Tenant, alice: User
) -> None:
    for slug in ("cart-b", "till", "cart"):
        application = make_application(slug, tenant=retail, owner=alice)
        for environment in (make_environment("prod", rank=20), make_environment("dev", rank=10)):
            make_service(application, environment)
    in_turn = [
        f"{slug} {where}" for slug in ("cart", "cart-b", "till") for where in ("dev", "prod")
    ]
    assert read_through(lookups.services_of(alice)) == in_turn


def test_only_live_services_are_counted_of_an_application(basket: Application) -> None:
    make_service(basket, make_environment("dev"))
    make_service(basket, make_environment("prod"), lifecycle=Lifecycle.RETIRED)
    make_application("bare", tenant=basket.tenant, owner=basket.owner)
    counted = listings.with_services(Application.objects.order_by("slug"))
    assert [(each.slug, each.service_count) for each in counted] == [("bare", 0), ("basket", 1)]


def test_only_live_placements_are_counted_of_a_cluster(basket: Application, eu1: Cluster) -> None:
    make_placement(make_service(basket, make_environment("dev")), eu1)
    gone = make_service(basket, make_environment("prod"))
    make_placement(gone, eu1, lifecycle=Lifecycle.RETIRED, namespace="gone", name="gone")
    (cluster,) = listings.clusters_with_counts(Cluster.objects.filter(pk=eu1.pk))
    assert cluster.placement_count == 1


def test_members_and_applications_in_use_are_counted_of_a_tenant(
    basket: Application, payments: Tenant
) -> None:
    make_application("till", tenant=basket.tenant, owner=basket.owner)
    make_application("old", tenant=basket.tenant, owner=basket.owner, retired_at=now())
    rows = listings.tenants_with_counts(Tenant.objects.order_by("slug"))
    counted = [(each.slug, each.member_count, each.application_count) for each in rows]
    assert counted == [("payments", 1, 0), ("retail", 2, 2)]
