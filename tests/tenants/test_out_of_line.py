"""What lives where the matrix does not allow it is marked wherever the service is shown."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tenants import export
from tenants.lifecycle import Lifecycle
from tenants.models import Application, Placement, Service
from tests.make import (
    browser_of,
    make_application,
    make_cluster,
    make_environment,
    make_placement,
    make_rule,
    make_service,
)


@pytest.fixture
def placement(basket: Application) -> Placement:
    service = make_service(basket)
    make_placement(service, make_cluster("eu1-b", tier="gold"))
    return make_placement(service, make_cluster("eu1-a", tier="shared"))


def only_gold() -> None:
    make_rule(classification="internal", why="Only gold is sealed.", remedy="Move it.")


def shown(asker: Client, path: str) -> Any:
    return asker.get(f"/api/v1/{path}").json()


def eligible(rows: Sequence[dict[str, Any]]) -> list[bool | None]:
    return [row["eligible"] for row in rows]


def test_the_page_of_a_service_says_where_it_is_out_of_line_and_why(
    placement: Placement, alice: User
) -> None:
    at = f"/services/{placement.service.uuid}/"
    assert "Out of line" not in browser_of(alice).get(at).content.decode()
    only_gold()
    for tab in ("", "placements/", "history/", "raw/"):
        page = browser_of(alice).get(at + tab).content.decode()
        assert "Out of line on eu1-a" in page
        assert "Out of line on eu1-b" not in page
        assert "Only gold is sealed. Move it." in page


def test_over_rest_each_service_and_placement_says_it(placement: Placement, alice: User) -> None:
    asker = browser_of(alice)
    assert eligible(shown(asker, "services/")["results"]) == [True]
    only_gold()
    assert eligible(shown(asker, "services/")["results"]) == [False]
    assert eligible(shown(asker, "placements/")["results"]) == [True, False]
    assert shown(asker, f"placements/{placement.uuid}/")["eligible"] is False


def test_what_lives_nowhere_is_neither_in_line_nor_out_of_it(
    placement: Placement, alice: User
) -> None:
    only_gold()
    Placement.objects.update(lifecycle=Lifecycle.RETIRED)
    asker = browser_of(alice)
    assert eligible(shown(asker, "services/")["results"]) == [None]
    assert eligible(shown(asker, "placements/")["results"]) == [None, None]
    assert eligible(list(export.entries(Service.objects.all()))) == [None]


def test_the_export_says_it_of_the_service_and_of_each_placement(placement: Placement) -> None:
    only_gold()
    (entry,) = export.entries(Service.objects.all())
    assert entry["eligible"] is False
    assert eligible(entry["placements"]) == [False, True]
    text = b"".join(export.as_csv(Service.objects.all())).decode()
    assert next(csv.DictReader(io.StringIO(text)))["eligible"] == "false"


def test_a_longer_list_asks_the_matrix_no_more_often(placement: Placement, alice: User) -> None:
    only_gold()
    asker = browser_of(alice)
    few = [queries(asker, path) for path in ("services/", "placements/")]
    for number in range(4):
        service = make_service(
            make_application(f"a{number}", tenant=placement.service.application.tenant)
        )
        make_placement(service, make_cluster(f"eu1-{number}", tier=f"t{number}"))
    assert [queries(asker, path) for path in ("services/", "placements/")] == few


def queries(asker: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        shown(asker, path)
    return len(caught)


def test_rows_are_read_over_rest_by_those_who_see_everything(olivia: User, alice: User) -> None:
    past = make_rule(environment=make_environment("prod"))
    now = make_rule(tier="lab*", allows=False, remedy="Ask.")
    type(past).objects.filter(pk=past.pk).update(until=now.since)
    asker = browser_of(olivia)
    rows = shown(asker, "eligibility-rules/")["results"]
    assert [(row["environment"], row["since"], row["until"]) for row in rows] == [
        ("prod", 1, 2),
        (None, 2, None),
    ]
    (row,) = shown(asker, "eligibility-rules/?in_force=true&allows=false")["results"]
    assert (row["tier"], row["why"], row["remedy"]) == ("lab*", "So it is.", "Ask.")
    assert shown(browser_of(alice), "eligibility-rules/")["results"] == []
