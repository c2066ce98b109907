"""Pages of the record: each shows what is the reader's, and operators change it after a look."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Scope, User
from accounts.tokens import issue
from audit.models import Entry
from tenants.actions import owners
from tenants.catalogue import Environment, Size
from tenants.lifecycle import Lifecycle
from tenants.models import Application, Cluster, Membership, Placement, Service, Tenant, TokenGrant
from tests.make import (
    browser_of,
    make_application,
    make_cluster,
    make_destination,
    make_environment,
    make_placement,
    make_service,
    make_size,
)


@pytest.fixture
def placement(basket: Application) -> Placement:
    service = make_service(basket)
    service.destinations.add(make_destination())
    return make_placement(service)


def text_of(client: Client, path: str, **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def pages_about(placement: Placement) -> list[str]:
    service = placement.service
    return [
        f"/services/{service.uuid}/",
        f"/services/{service.uuid}/placements/",
        f"/services/{service.uuid}/history/",
        f"/services/{service.uuid}/raw/",
        f"/applications/{service.application.uuid}/",
        f"/tenants/{service.application.tenant.uuid}/",
    ]


LISTS = ("/services/", "/applications/", "/tenants/")
FOR_OPERATORS = ("/tenants/new/", "/catalogue/sizes/new/", "/machines/sight/")


@pytest.mark.parametrize("path", LISTS)
def test_a_list_shows_what_is_the_readers(
    path: str, placement: Placement, alice: User, charlie: User
) -> None:
    uuids = {
        "/services/": placement.service.uuid,
        "/applications/": placement.service.application.uuid,
        "/tenants/": placement.service.application.tenant.uuid,
    }
    assert str(uuids[path]) in text_of(browser_of(alice), path)
    assert str(uuids[path]) not in text_of(browser_of(charlie), path)


def test_a_member_and_an_auditor_open_every_page_and_a_stranger_none(
    placement: Placement, alice: User, audra: User, charlie: User
) -> None:
    for path in pages_about(placement):
        for person, status in ((alice, 200), (audra, 200), (charlie, 404)):
            assert browser_of(person).get(path).status_code == status, path


@pytest.mark.parametrize("path", FOR_OPERATORS)
def test_only_operators_open_the_forms(path: str, olivia: User, alice: User, audra: User) -> None:
    assert browser_of(olivia).get(path).status_code == 200
    for person in (alice, audra):
        assert browser_of(person).get(path).status_code == 403


def test_the_list_of_services_counts_under_its_filters(basket: Application, alice: User) -> None:
    for slug in ("dev", "test", "prod"):
        make_service(basket, make_environment(slug))
    Service.objects.filter(environment="test").update(lifecycle=Lifecycle.RETIRED)
    page = text_of(browser_of(alice), "/services/")
    assert "2 services" in page
    assert "environment=prod" in page
    assert "1 service<" in text_of(browser_of(alice), "/services/", environment="prod")
    assert "3 services" in text_of(browser_of(alice), "/services/", lifecycle="all")
    assert "1 service<" in text_of(browser_of(alice), "/services/", lifecycle="retired")


def test_the_export_beside_the_list_is_narrowed_like_it(placement: Placement, alice: User) -> None:
    page = text_of(browser_of(alice), "/services/", environment="dev", lifecycle="all")
    assert 'href="/api/v1/services/export?format=csv&amp;environment=dev"' in page


@pytest.mark.parametrize("query", [{"environment": "nowhere"}, {"after": "%"}, {"page": "x"}])
def test_nonsense_in_the_address_is_no_failure(
    query: dict[str, str], placement: Placement, alice: User
) -> None:
    text_of(browser_of(alice), "/services/", **query)


def test_services_stand_by_tenant_application_and_way_to_production(
    basket: Application, alice: User
) -> None:
    for slug, rank in (("prod", 30), ("dev", 10), ("test", 20)):
        make_service(basket, make_environment(slug, rank=rank, name=f"name-{slug}"))
    make_service(make_application("a", tenant=basket.tenant), make_environment("prod"))
    page = text_of(browser_of(alice), "/services/")
    rows = page[page.index("<tbody") :]
    assert rows.index("<td>name-dev") < rows.index("<td>name-test") < rows.rindex("<td>name-prod")
    assert rows.index(">A<") < rows.index(">Basket<")


@pytest.mark.parametrize("path", [*LISTS, "/clusters/"])
def test_a_longer_list_takes_no_more_queries(
    path: str, placement: Placement, alice: User, retail: Tenant
) -> None:
    asker = browser_of(alice)
    short = queries_of(asker, path)
    for number in range(5):
        application = make_application(f"a{number}", tenant=retail)
        make_placement(make_service(application), make_cluster(f"eu1-{number}"))
    assert queries_of(asker, path) == short


def queries_of(asker: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        text_of(asker, path)
    return len(queries)


def test_the_raw_page_is_a_line_of_the_export(placement: Placement, alice: User) -> None:
    page = text_of(browser_of(alice), f"/services/{placement.service.uuid}/raw/")
    assert placement.namespace in page
    assert "cost_centre" in page


def test_what_people_typed_is_never_markup(retail: Tenant, alice: User) -> None:
    name = "<b>bold</b>"
    service = make_service(make_application(tenant=retail, owner=alice, name=name))
    for path in ("/services/", f"/services/{service.uuid}/", f"/services/{service.uuid}/raw/"):
        assert name not in text_of(browser_of(alice), path)


def test_an_operator_makes_a_tenant_and_its_application(olivia: User, alice: User) -> None:
    asker = browser_of(olivia)
    asker.post("/tenants/new/", {"slug": "retail", "name": "Retail"})
    tenant = Tenant.objects.get()
    answer = asker.post(
        f"/tenants/{tenant.uuid}/applications/new/",
        {
            "slug": "basket",
            "name": "Basket",
            "owner": "alice",
            "cost_centre": "cc-1",
            "criticality": "high",
            "classification": "internal",
        },
    )
    application = Application.objects.get()
    assert answer["Location"] == f"/applications/{application.uuid}/"
    assert (application.owner, application.criticality) == (alice, "high")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"slug": "flux"}, "This name is reserved."),
        ({"owner": "nobody"}, "Nobody with an account here has the user name"),
        ({"cost_centre": "a b"}, "Use letters, digits"),
        ({"slug": "basket"}, "This tenant has an application of this name already."),
    ],
)
def test_a_form_says_what_is_wrong_and_loses_nothing(
    typed: dict[str, str], words: str, basket: Application, olivia: User
) -> None:
    form = {
        "slug": "new",
        "name": "A name to keep",
        "owner": "alice",
        "cost_centre": "cc-1",
        "criticality": "high",
        "classification": "internal",
    }
    path = f"/tenants/{basket.tenant.uuid}/applications/new/"
    answer = browser_of(olivia).post(path, form | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "A name to keep" in answer.content.decode()
    assert Application.objects.count() == 1


def test_a_change_is_shown_before_it_is_made(retail: Tenant, olivia: User) -> None:
    asker, path = browser_of(olivia), f"/tenants/{retail.uuid}/change/"
    form = {"name": "Retail bank", "support_group": "retail-support", "version": "1"}
    question = asker.post(path, form)
    assert "Nothing is changed yet" in question.content.decode()
    assert "Retail bank" in question.content.decode()
    assert Tenant.objects.get().name == "Retail"
    asker.post(path, form | {"confirmed": "yes"})
    assert Tenant.objects.get().name == "Retail bank"
    assert Entry.objects.get().changes == {"name": ["Retail", "Retail bank"]}


def test_a_change_that_was_overtaken_is_not_made(retail: Tenant, olivia: User) -> None:
    owners.change_tenant(retail, {"name": "First"}, seen=1, by=olivia)
    form = {"name": "Second", "version": "1", "confirmed": "yes"}
    answer = browser_of(olivia).post(f"/tenants/{retail.uuid}/change/", form)
    assert answer.status_code == 409
    assert Tenant.objects.get().name == "First"


def test_the_owner_of_an_application_changes_by_user_name(
    basket: Application, bob: User, olivia: User
) -> None:
    form = {
        "name": basket.name,
        "owner": "bob",
        "cost_centre": basket.cost_centre,
        "criticality": "high",
        "classification": basket.classification,
        "version": "1",
    }
    asker, path = browser_of(olivia), f"/applications/{basket.uuid}/change/"
    question = asker.post(path, form).content.decode()
    assert "<td>alice</td><td><strong>bob</strong></td>" in question
    assert "<td>Medium</td><td><strong>High</strong></td>" in question
    asker.post(path, form | {"confirmed": "yes"})
    basket.refresh_from_db()
    assert basket.owner == bob


def test_members_come_and_go(retail: Tenant, charlie: User, olivia: User) -> None:
    asker = browser_of(olivia)
    asker.post(f"/tenants/{retail.uuid}/members/", {"person": "charlie"})
    assert Membership.objects.filter(tenant=retail, user=charlie).exists()
    path = f"/tenants/{retail.uuid}/members/{charlie.uuid}/remove/"
    assert "This goes" in text_of(asker, path)
    asker.post(path)
    assert not Membership.objects.filter(tenant=retail, user=charlie).exists()


def test_an_application_in_use_is_not_retired(placement: Placement, olivia: User) -> None:
    application = placement.service.application
    path = f"/applications/{application.uuid}/retire/"
    answer = browser_of(olivia).post(path, {"reason": "No longer needed"})
    assert answer.status_code == 409
    application.refresh_from_db()
    assert application.retired_at is None


def test_the_rules_of_a_cluster_are_changed_by_form(eu1: Cluster, olivia: User) -> None:
    make_environment("prod")
    form = {
        "environments": ["dev", "prod"],
        "rank": "5",
        "region": "eu1",
        "shards": "a, b",
        "capacity_cpu": "64",
        "capacity_memory": "256",
        "version": "1",
        "confirmed": "yes",
    }
    browser_of(olivia).post(f"/clusters/{eu1.uuid}/rules/", form)
    eu1.refresh_from_db()
    assert (eu1.accepting, eu1.rank, eu1.shards) == (False, 5, ["a", "b"])
    assert eu1.environments.count() == 2


@pytest.mark.parametrize(("pack", "kept"), [("classic", "classic"), ("", ""), ("absent", "")])
def test_operators_choose_a_pack_that_there_is(
    eu1: Cluster, olivia: User, pack: str, kept: str
) -> None:
    kept_rules = {"environments": ["dev"], "rank": "5", "region": "eu1", "version": "1"}
    form = {**kept_rules, "capacity_cpu": "0", "capacity_memory": "0", "pack": pack}
    browser_of(olivia).post(f"/clusters/{eu1.uuid}/rules/", {**form, "confirmed": "yes"})
    eu1.refresh_from_db()
    assert eu1.pack == kept


def test_the_pages_of_clusters_tell_a_developer_no_rules(
    placement: Placement, alice: User, olivia: User
) -> None:
    path = f"/clusters/{placement.cluster.uuid}/"
    assert "Rank" not in text_of(browser_of(alice), path)
    assert "Rank" in text_of(browser_of(olivia), path)
    assert "Rank" not in text_of(browser_of(alice), "/clusters/")


def test_the_catalogue_is_filled_and_changed(olivia: User, audra: User) -> None:
    asker = browser_of(olivia)
    make_size("s")
    make_destination()
    form = {
        "slug": "dev",
        "name": "Development",
        "rank": "1",
        "change_type": "standard",
        "follow": "branch",
        "reference": "main",
        "clusters_per_service": "1",
        "review_months": "12",
    }
    assert asker.post("/catalogue/environments/new/", form)["Location"] == "/catalogue/"
    assert "Development" in text_of(browser_of(audra), "/catalogue/")
    change = form | {"clusters_per_service": "2", "version": "1", "confirmed": "yes"}
    asker.post("/catalogue/environments/dev/change/", change)
    assert Environment.objects.get().clusters_per_service == 2


@pytest.mark.parametrize("path", ["/catalogue/pets/new/", "/catalogue/sizes/xxl/change/"])
def test_an_offer_that_there_is_not_is_not_found(path: str, olivia: User) -> None:
    assert browser_of(olivia).get(path).status_code == 404


def test_a_quantity_that_kubernetes_would_refuse_is_refused(olivia: User) -> None:
    size = make_size("s")
    form = {name: getattr(size, name) for name in ("name", "rank", "fits", "pods", "storage")}
    form |= {f"{each}_{kind}": "1" for each in ("cpu", "memory") for kind in ("requests", "limits")}
    path = "/catalogue/sizes/s/change/"
    answer = browser_of(olivia).post(path, form | {"cpu_limits": "lots", "version": "1"})
    assert "Use a Kubernetes quantity" in answer.content.decode()
    assert Size.objects.get().cpu_limits == size.cpu_limits


def test_an_operator_gives_a_machine_sight_and_takes_it_away(retail: Tenant, olivia: User) -> None:
    token, _ = issue("cmdb-sync", scope=Scope.CMDB_READ)
    asker = browser_of(olivia)
    asker.post("/machines/sight/", {"machine": str(token.uuid), "tenant": "retail"})
    grant = TokenGrant.objects.get()
    assert grant.tenant == retail
    assert "cmdb-sync" in text_of(asker, "/machines/sight/")
    asker.post(f"/machines/{token.uuid}/sight/{grant.pk}/withdraw/")
    assert not TokenGrant.objects.exists()


@pytest.mark.parametrize("typed", [{}, {"tenant": "retail", "everything": "on"}, {"tenant": "x"}])
def test_sight_of_everything_is_never_given_by_an_empty_field(
    typed: dict[str, str], retail: Tenant, olivia: User
) -> None:
    token, _ = issue("cmdb-sync", scope=Scope.CMDB_READ)
    answer = browser_of(olivia).post("/machines/sight/", {"machine": str(token.uuid)} | typed)
    assert answer.status_code == 422
    assert not TokenGrant.objects.exists()


def test_a_service_on_the_rehearsal_says_so(placement: Placement, alice: User) -> None:
    band = "Rehearsal: nothing leaves this portal"
    assert band in text_of(browser_of(alice), f"/services/{placement.service.uuid}/")


def test_every_page_of_a_cluster_that_is_real_has_no_band(basket: Application, alice: User) -> None:
    real = make_placement(make_service(basket), make_cluster("eu1-real", rehearsal=False))
    page = text_of(browser_of(alice), f"/services/{real.service.uuid}/")
    assert "nothing leaves this portal" not in page
