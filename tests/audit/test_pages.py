"""Pages of the ledger."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import QuerySet
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from accounts.models import User
from audit import lookups
from audit.ledger import Actor, Subject
from audit.models import Entry
from audit.sealer import seal
from tests.audit.conftest import BASKET, write, write_many
from tests.make import browser_of


def page(person: User, query: str = "") -> str:
    """Return the list as the person gets it."""
    return browser_of(person).get(f"/audit/{query}").text


def test_auditors_and_operators_read_the_ledger_and_nobody_else(
    alice: User, bob: User, olivia: User, audra: User
) -> None:
    entry = write()
    for address in ("/audit/", f"/audit/{entry.uuid}/"):
        allowed = {
            person: browser_of(person).get(address).status_code for person in (olivia, audra)
        }
        assert set(allowed.values()) == {200}
        assert {browser_of(person).get(address).status_code for person in (alice, bob)} == {403}


def test_a_line_tells_who_did_what_to_which_record_and_why(audra: User) -> None:
    write("renamed", reason="merger of the teams")
    shown = page(audra)
    for words in ("Ada", "local:ada", "renamed", "retail/basket", "merger of the teams"):
        assert words in shown


def test_a_line_shows_its_seal_once_it_has_one(audra: User) -> None:
    entry = write()
    assert "Not sealed yet" in page(audra)
    seal()
    line = lookups.line_for(audra, entry.uuid)
    assert line.seal
    assert line.seal.hash[:8] in page(audra)


def test_an_entry_shows_what_was_before_and_after(audra: User) -> None:
    entry = write(reason="more load", changes={"size": ("small", "large"), "note": (None, "<b>")})
    shown = browser_of(audra).get(f"/audit/{entry.uuid}/").text
    for words in ("size", "small", "large", "more load", "&lt;b&gt;", str(BASKET.uuid)):
        assert words in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("person=grace", {"granted"}),
        ("person=local:ada", {"changed"}),
        ("verb=granted", {"granted"}),
        ("record=basket", {"changed"}),
        (f"record={UUID(int=7)}", {"changed"}),
        ("person=ada&verb=granted", set()),
        ("since=2026-11-24", {"granted"}),
        ("until=2026-11-23", {"changed"}),
        ("since=yesterday", {"changed", "granted"}),
    ],
)
def test_the_address_says_what_is_looked_for(
    clock: Traveller, audra: User, query: str, found: set[str]
) -> None:
    write("changed")
    clock.shift(timedelta(days=1))
    granted = Subject("Person", uuid4(), "bob")
    write("granted", by=Actor("local:grace", "Grace Hopper"), subject=granted)
    lines = browser_of(audra).get(f"/audit/?{query}").context["lines"]
    assert {line.entry.verb for line in lines} == found


def test_days_are_those_of_the_reader(clock: Traveller, audra: User) -> None:
    clock.shift(timedelta(hours=14))  # 23:00 UTC on the 23rd is the 24th in Tokyo
    write("changed")
    browser = browser_of(audra)
    assert browser.get("/audit/?since=2026-11-24").context["lines"] == []
    browser.post("/you/time-zone/", {"zone": "Asia/Tokyo"})
    lines = browser.get("/audit/?since=2026-11-24&verb=changed").context["lines"]
    assert [line.entry.verb for line in lines] == ["changed"]


def test_the_list_goes_on_by_cursor_and_keeps_the_search(audra: User) -> None:
    write_many(51)
    browser = browser_of(audra)
    first = browser.get("/audit/?person=ada").context["page"]
    assert (first.total, len(first.rows)) == (51, 50)
    assert "person=ada" in first.next_url
    assert len(browser.get(first.next_url).context["lines"]) == 1


def test_the_number_of_queries_does_not_grow_with_the_list(
    audra: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    write_many(50)
    seal()
    browser = browser_of(audra)
    with django_assert_max_num_queries(10):
        browser.get("/audit/")


def test_an_entry_that_does_not_exist_is_not_found(audra: User) -> None:
    assert browser_of(audra).get(f"/audit/{uuid4()}/").status_code == 404


def test_the_history_of_a_record_is_its_entries_the_latest_first(db: None) -> None:
    write_many(2)
    first, second = write("made"), write("changed")
    history: QuerySet[Entry] = lookups.entries_of(BASKET.uuid)
    assert list(history) == [second, first]
    assert [line.entry for line in lookups.lines(history)] == [second, first]


def test_an_answer_names_its_request_and_so_do_its_entries(olivia: User, alice: User) -> None:
    address = f"/people/{alice.uuid}/roles/"
    answer = browser_of(olivia).post(address, {"grant": "approver"})
    entry = Entry.objects.get(verb="granted role")
    assert (entry.request_id, entry.channel) == (answer.headers["X-Request-ID"], "web")
