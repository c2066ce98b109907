"""The page of the nightly look: what was found, for whom, and where it is counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from fleet.models import Beat, Stray, StrayKind
from onboarding.display import findings
from portal.clock import now
from tests.make import browser_of, make_cluster

PAGE = "/operate/strays/"


@pytest.fixture
def operating(olivia: User) -> Client:
    return browser_of(olivia)


def stray(kind: str = "namespace", name: str = "retail-left-dev", **columns: Any) -> Stray:
    cluster = make_cluster()
    beat, _ = Beat.objects.get_or_create(place=str(cluster.uuid), cluster=cluster)
    settled = {"settled_at": now(), **columns}
    return Stray.objects.create(beat=beat, kind=kind, name=name, **settled)


def test_a_page_without_findings_says_that_all_is_well(operating: Client) -> None:
    assert "Everything fits the record" in operating.get(PAGE).text
    assert "nightly look found" not in operating.get("/").text


def test_a_finding_tells_what_where_and_what_to_do(operating: Client) -> None:
    stray()
    text = operating.get(PAGE).text
    for words in ("retail-left-dev", "eu1-a", "Namespace nobody owns", "delete it on the cluster"):
        assert words in text


def test_findings_are_counted_on_the_operators_home_and_in_the_navigation(
    operating: Client, olivia: User, audra: User
) -> None:
    stray()
    stray("repository", "retail/left")
    home = operating.get("/").text
    assert "See what the nightly look found" in home
    assert "Repository nobody owns: 1" in home
    assert "See what the nightly look found" not in browser_of(audra).get("/").text


def test_a_guard_that_refuses_nothing_is_loud_on_both_pages(operating: Client) -> None:
    stray("guard", "The portal's account", detail="berth-portal-namespaces refused nothing.")
    for path in ("/", PAGE):
        text = operating.get(path).text
        assert "The guards do not hold the portal&#x27;s account on eu1-a" in text.replace(
            "'", "&#x27;"
        )
        assert "manage.py join_cluster" in text


def test_what_was_seen_only_once_is_shown_to_nobody(operating: Client) -> None:
    stray(settled_at=None)
    assert "retail-left-dev" not in operating.get(PAGE).text


def test_what_is_gone_again_can_be_looked_up(operating: Client) -> None:
    stray(gone_at=now())
    assert "retail-left-dev" not in operating.get(PAGE).text
    assert "retail-left-dev" in operating.get(f"{PAGE}?standing=gone").text


def test_a_place_that_did_not_answer_says_why(operating: Client) -> None:
    stray()
    Beat.objects.update(last_error="eu1-a did not answer in time.")
    assert "did not answer in time" in operating.get(PAGE).text


def test_an_operator_need_not_wait_for_the_night(operating: Client) -> None:
    stray()
    Beat.objects.update(due_at=now() + timedelta(days=1))
    operating.post(f"{PAGE}look/")
    assert Beat.objects.get().due_at <= now()


def test_the_page_does_not_ask_once_a_row(operating: Client) -> None:
    stray()
    operating.get(PAGE)
    counts = []
    for names in (["a"], ["b", "c", "d"]):
        for name in names:
            stray(name=name)
        with CaptureQueriesContext(connection) as queries:
            operating.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_every_kind_of_finding_has_a_meaning() -> None:
    assert set(findings.MEANINGS) == set(StrayKind)
