"""The export is one stream, of as many queries for any length, and safe in a spreadsheet."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tenants import export, lookups
from tenants.lifecycle import Lifecycle
from tenants.models import Placement, Service, Tenant
from tests.make import (
    browser_of,
    make_application,
    make_cluster,
    make_destination,
    make_environment,
    make_placement,
    make_service,
    make_size,
    make_tenant,
    make_tenant_cluster,
    make_user,
)

PATH = "/api/v1/services/export"


@pytest.fixture(autouse=True)
def _no_calls_counted() -> None:
    cache.clear()


@pytest.fixture
def service(retail: Tenant, alice: User) -> Service:
    service = make_service(make_application(tenant=retail, owner=alice))
    service.destinations.add(make_destination("orders-db"), make_destination("a-bus"))
    make_placement(service, make_cluster("eu1-b"), revision="main@sha1:b")
    make_placement(service, make_cluster("eu1-a"), lifecycle=Lifecycle.OPERATIONAL)
    return service


def body_of(client: Client, **query: str) -> str:
    answer = client.get(PATH, query)
    assert answer.status_code == 200
    return b"".join(answer).decode()


def test_a_line_has_all_that_hangs_on_a_service(service: Service, alice: User) -> None:
    (line,) = body_of(browser_of(alice)).splitlines()
    entry = json.loads(line)
    assert (entry["tenant"], entry["application"]) == ("retail", "basket")
    assert (entry["stage"], entry["status"]) == ("Design", "Build")
    assert entry["destinations"] == ["a-bus", "orders-db"]
    assert [each["cluster"] for each in entry["placements"]] == ["eu1-a", "eu1-b"]
    assert entry["placements"][0]["status"] == "In Use"


def test_a_spreadsheet_has_the_same_services(service: Service, alice: User) -> None:
    (row,) = csv.DictReader(io.StringIO(body_of(browser_of(alice), format="csv")))
    assert row["uuid"] == str(service.uuid)
    assert row["clusters"] == "eu1-a; eu1-b"
    assert row["revisions"] == "; main@sha1:b"


def test_the_format_follows_from_what_is_accepted(service: Service, alice: User) -> None:
    answer = browser_of(alice).get(PATH, headers={"Accept": "text/csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].endswith('.csv"')
    assert browser_of(alice).get(PATH, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(retail: Tenant, alice: User, begin: str) -> None:
    name = f"{begin}cmd|'/C calc'!A0"
    make_service(make_application(tenant=retail, owner=alice, name=name))
    (row,) = csv.DictReader(io.StringIO(body_of(browser_of(alice), format="csv"), newline=""))
    assert row["application_name"] == f"'{name}"


def test_commas_quotes_and_line_breaks_stay_in_their_cell(retail: Tenant, alice: User) -> None:
    name = 'a, "b"\nß'
    make_service(make_application(tenant=retail, owner=alice, name=name))
    (row,) = csv.DictReader(io.StringIO(body_of(browser_of(alice), format="csv"), newline=""))
    assert row["application_name"] == name


def test_nobody_exports_what_is_anothers(service: Service, charlie: User, payments: Tenant) -> None:
    assert body_of(browser_of(charlie)) == ""
    assert Client().get(PATH).status_code == 401


def test_an_export_is_narrowed_like_the_list(service: Service, alice: User) -> None:
    assert body_of(browser_of(alice), environment="dev").count("\n") == 1
    assert body_of(browser_of(alice), environment="prod") == ""
    assert browser_of(alice).get(PATH, {"enviroment": "prod"}).status_code == 400


def test_rows_of_a_service_that_did_not_come_by_hold_up_none_after_it() -> None:
    following = export.Following(iter([(1, "a"), (3, "b"), (3, "c"), (5, "d")]))
    assert [following.of(service) for service in (2, 3, 4, 5, 6)] == [
        [],
        [(3, "b"), (3, "c")],
        [],
        [(5, "d")],
        [],
    ]


def fill(many: int) -> None:
    """Make services of one tenant, two placements each, by few statements."""
    tenant, owner = make_tenant("big"), make_user()
    clusters = [make_cluster("eu1-a"), make_cluster("eu1-b")]
    ground = {each: make_tenant_cluster(tenant, each) for each in clusters}
    dev, size = make_environment("dev"), make_size()
    begin = Service.objects.count()
    for number in range(begin, begin + many):
        application = make_application(f"a{number}", tenant=tenant, owner=owner)
        service = make_service(application, dev, size=size)
        Placement.objects.bulk_create(
            Placement(
                service=service,
                cluster=each,
                tenant_cluster=ground[each],
                pack="standard",
                namespace=f"big-a{number}-dev",
                flux_namespace="big-flux",
                name=f"a{number}-dev",
            )
            for each in clusters
        )


def test_a_longer_export_takes_no_more_queries(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "CHUNK", 3)
    counts = []
    for _ in range(2):
        fill(10)
        with CaptureQueriesContext(connection) as queries:
            assert len(list(export.entries(lookups.services()))) == Service.objects.count()
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_export_takes_constant_memory(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "CHUNK", 10)
    fill(40)
    peak_of(export.as_ndjson(lookups.services()))  # whatever is made once is there from now on
    small = peak_of(export.as_ndjson(lookups.services()))
    fill(160)
    assert peak_of(export.as_ndjson(lookups.services())) < 1.5 * small


def peak_of(lines: Iterator[bytes]) -> int:
    """Return the most that was held while the lines went by."""
    tracemalloc.start()
    try:
        for _ in lines:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_an_export_holds_no_writers_lock_and_sees_one_moment() -> None:
    fill(3)
    lines = export.entries(lookups.services())
    first = next(lines)
    fill(1)  # would wait for twenty seconds, and fail, if the export held the lock
    rest = list(lines)
    assert [first["application"], *(each["application"] for each in rest)] == ["a0", "a1", "a2"]
    assert Service.objects.count() == 4


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_long_read_cannot_write() -> None:
    with (
        pytest.raises(Exception, match=r"read-?only"),
        export.long_read() as alias,
        connections[alias].cursor() as cursor,
    ):
        cursor.execute("DELETE FROM tenants_tenant")


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_an_export_that_is_cut_off_leaves_no_transaction_open() -> None:
    fill(3)
    lines: Any = export.entries(lookups.services())
    next(lines)
    lines.close()
    assert not any(each.in_atomic_block for each in connections.all())
