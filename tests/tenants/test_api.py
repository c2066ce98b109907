"""The API shows each principal what is theirs, in pages that never shift, with errors in words."""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import Scope, User
from accounts.tokens import issue
from tenants.actions import owners
from tenants.lifecycle import Lifecycle
from tenants.models import Placement, Tenant
from tests.make import (
    browser_of,
    make_application,
    make_environment,
    make_placement,
    make_service,
    make_tenant,
)

ROOT = "/api/v1"
LISTS = (
    "tenants",
    "applications",
    "services",
    "clusters",
    "tenant-clusters",
    "placements",
    "claims",
)
Call: TypeAlias = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_calls_counted() -> None:
    cache.clear()


@pytest.fixture
def placement(retail: Tenant, alice: User) -> Placement:
    service = make_service(make_application(tenant=retail, owner=alice))
    service.application.claims.create(
        kind="repository", scope="bare", name="retail/basket", order_uuid=uuid4()
    )
    return make_placement(service, revision="main@sha1:abc", lifecycle=Lifecycle.OPERATIONAL)


def machine(*tenants: Tenant | None, by: User) -> Call:
    """Return what calls the API with a token that was granted these tenants."""
    token, text = issue("robot", scope=Scope.CMDB_READ)
    for tenant in tenants:
        owners.grant_sight(token, tenant, by=by)
    headers = {"Authorization": f"Bearer {text}"}
    return lambda path, **query: Client().get(f"{ROOT}/{path}", query, headers=headers)


def uuids_of(placement: Placement) -> dict[str, str]:
    service = placement.service
    return {
        "tenants": str(service.application.tenant.uuid),
        "applications": str(service.application.uuid),
        "services": str(service.uuid),
        "tenant-clusters": str(placement.tenant_cluster.uuid),
        "placements": str(placement.uuid),
        "claims": str(service.application.claims.get().uuid),
    }


def test_a_stranger_is_asked_for_a_token(db: None) -> None:
    answer = Client().get(f"{ROOT}/services/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_token_is_refused(db: None) -> None:
    answer = Client().get(f"{ROOT}/services/", headers={"Authorization": "Bearer berth_x.y"})
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")


def test_a_person_reads_with_the_session_of_the_browser(placement: Placement, alice: User) -> None:
    body = browser_of(alice).get(f"{ROOT}/services/").json()
    assert [row["uuid"] for row in body["results"]] == [str(placement.service.uuid)]


def test_a_service_shows_its_place_in_the_life_cycle_of_csdm(
    placement: Placement, alice: User
) -> None:
    body = browser_of(alice).get(f"{ROOT}/placements/{placement.uuid}/").json()
    assert (body["lifecycle"], body["stage"], body["status"]) == (
        "operational",
        "Operational",
        "In Use",
    )


@pytest.mark.parametrize("name", [each for each in LISTS if each != "clusters"])
def test_what_is_anothers_is_not_listed_and_not_found(
    name: str, placement: Placement, charlie: User, payments: Tenant
) -> None:
    asker = browser_of(charlie)
    uuid = uuids_of(placement)[name]
    listed = asker.get(f"{ROOT}/{name}/").json()["results"]
    assert uuid not in {row["uuid"] for row in listed}
    forbidden, absent = (asker.get(f"{ROOT}/{name}/{each}/") for each in (uuid, uuid4()))
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.content == absent.content


@pytest.mark.parametrize("name", LISTS)
def test_a_machine_that_sees_everything_reads_every_list(
    name: str, placement: Placement, olivia: User
) -> None:
    call = machine(None, by=olivia)
    (row,) = call(f"{name}/").json()["results"]
    assert call(f"{name}/{row['uuid']}/").json() == row


def test_a_machine_sees_the_tenants_it_was_granted(
    placement: Placement, payments: Tenant, olivia: User
) -> None:
    make_placement(make_service(make_application("ledger", tenant=payments)))
    call = machine(payments, by=olivia)
    tenants = {row["tenant"]["slug"] for row in call("services/").json()["results"]}
    assert tenants == {"payments"}


def test_a_token_for_git_reads_nothing(placement: Placement, alice: User) -> None:
    _, text = issue("laptop", scope=Scope.GIT, owner=alice)
    answer = Client().get(f"{ROOT}/services/", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 403


def test_only_who_sees_everything_learns_the_rules_of_a_cluster(
    placement: Placement, alice: User, olivia: User
) -> None:
    path = f"{ROOT}/clusters/{placement.cluster.uuid}/"
    assert browser_of(alice).get(path).json()["capacity_cpu"] is None
    assert browser_of(olivia).get(path).json()["capacity_cpu"] == 0


def names_on(page: dict[str, Any]) -> list[str]:
    return [row["slug"] for row in page["results"]]


def test_pages_do_not_shift_when_rows_come_in(olivia: User) -> None:
    for number in range(5):
        make_tenant(f"t{number}")
    asker = browser_of(olivia)
    first = asker.get(f"{ROOT}/tenants/", {"limit": 2})
    make_tenant("a-newcomer")
    Tenant.objects.filter(slug="t0").delete()
    second = asker.get(first.json()["next"])
    third = asker.get(second.json()["next"])
    assert names_on(second.json()) == ["t2", "t3"]
    assert names_on(third.json()) == ["t4", "a-newcomer"]
    assert third.json()["next"] is None
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert "Link" not in third


def test_a_page_keeps_its_filters(olivia: User, payments: Tenant) -> None:
    for number in range(3):
        make_application(f"a{number}", tenant=payments)
        make_application(f"b{number}", tenant=make_tenant("retail"))
    asker = browser_of(olivia)
    query = {"limit": "2", "tenant": "payments"}
    first = asker.get(f"{ROOT}/applications/", query).json()
    assert names_on(asker.get(first["next"]).json()) == ["a2"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"cursor": "made-up"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"limit": "²"}, "limit"),
        ({"lifecycle": "dead"}, "lifecycle"),
        ({"updated_since": "yesterday"}, "updated_since"),
        ({"tennant": "retail"}, "tennant"),
    ],
)
def test_a_parameter_that_means_nothing_is_named(
    alice: User, query: dict[str, str], parameter: str
) -> None:
    answer = browser_of(alice).get(f"{ROOT}/services/", query)
    assert answer.status_code == 400
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [parameter]


def test_a_cursor_of_another_list_is_refused(olivia: User) -> None:
    make_tenant("a")
    make_tenant("b")
    asker = browser_of(olivia)
    cursor = asker.get(f"{ROOT}/tenants/", {"limit": 1}).json()["next"].partition("cursor=")[2]
    assert asker.get(f"{ROOT}/services/?cursor={cursor}").status_code == 400


def test_rows_are_counted_when_asked(alice: User, retail: Tenant) -> None:
    asker = browser_of(alice)
    assert "count" not in asker.get(f"{ROOT}/tenants/").json()
    assert asker.get(f"{ROOT}/tenants/", {"count": 1}).json()["count"] == 1


@pytest.mark.parametrize(
    ("name", "query", "many"),
    [
        ("services", {"environment": "dev", "cluster": "eu1-a", "owner": "alice"}, 1),
        ("services", {"cluster": "eu1-z"}, 0),
        ("services", {"lifecycle": "designed", "updated_since": "2020-01-01T00:00:00Z"}, 1),
        ("services", {"updated_since": "2999-01-01T00:00:00Z"}, 0),
        ("applications", {"retired": "false", "criticality": "medium"}, 1),
        ("applications", {"retired": "true"}, 0),
        ("placements", {"tenant": "retail", "namespace": "retail-basket-dev"}, 1),
        ("clusters", {"environment": "dev", "accepting": "true"}, 1),
        ("clusters", {"environment": "prod"}, 0),
        ("tenant-clusters", {"presence": "present", "cluster": "eu1-a"}, 1),
    ],
)
def test_lists_are_narrowed(
    name: str, query: dict[str, str], many: int, placement: Placement, alice: User
) -> None:
    answer = browser_of(alice).get(f"{ROOT}/{name}/", query)
    assert len(answer.json()["results"]) == many


def test_what_is_known_already_is_not_sent_again(retail: Tenant, alice: User, olivia: User) -> None:
    asker, path = browser_of(alice), f"{ROOT}/tenants/{retail.uuid}/"
    first = asker.get(path)
    again = asker.get(path, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    owners.change_tenant(retail, {"name": "Retail bank"}, seen=1, by=olivia)
    changed = asker.get(path, headers={"If-None-Match": first["ETag"]})
    assert changed.json()["name"] == "Retail bank"
    assert changed["ETag"].startswith('"2-')


def test_nothing_can_be_written(retail: Tenant, olivia: User) -> None:
    asker = browser_of(olivia)
    for verb in (asker.post, asker.put, asker.patch, asker.delete):
        assert verb(f"{ROOT}/tenants/{retail.uuid}/").status_code == 405


def test_a_runaway_is_told_to_wait(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {"record": "2/minute", "export": "2/minute"}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    asker = browser_of(alice)
    answers = [asker.get(f"{ROOT}/tenants/") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert answers[-1]["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", LISTS)
def test_a_longer_list_takes_no_more_queries(name: str, olivia: User) -> None:
    asker = browser_of(olivia)
    placement = make_placement()
    placement.service.application.claims.create(kind="repository", name="a", order_uuid=uuid4())
    path = f"{ROOT}/{name}/"
    before = queries_of(asker, path)
    for number in range(3):
        application = make_application(f"b{number}", tenant=make_tenant(f"t{number}"))
        application.claims.create(kind="repository", name=f"b{number}", order_uuid=uuid4())
        make_placement(make_service(application, make_environment("dev")))
    assert queries_of(asker, path) == before


def queries_of(asker: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert asker.get(path).status_code == 200
    return len(queries)
