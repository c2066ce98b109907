"""The matrix in the console: whom a change would touch is shown first, and only that is done."""

import re
from html import unescape

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from onboarding import actions, toolbox
from onboarding.display import foresight
from onboarding.models import Order, StepRun
from onboarding.running.jobs import look_at
from tenants.lifecycle import Lifecycle
from tenants.models import Application, Cluster, Edition, Rule
from tests.make import (
    browser_of,
    make_application,
    make_cluster,
    make_environment,
    make_placement,
    make_rule,
    make_service,
)
from tests.onboarding.views.conftest import Fill

PAGE = "/operate/eligibility/"
CLOSED = {
    "says": "refuses",
    "environment": "",
    "classification": "",
    "tier": "*",
    "region": "eu1",
    "why": "eu1 moves out.",
    "remedy": "Choose us1.",
    "reason": "Decision 12",
}
Answer = HttpResponse


@pytest.fixture
def operator(basket: Application, olivia: User) -> Client:
    return browser_of(olivia)


def text_of(answer: Answer) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def seen_in(answer: Answer) -> str:
    found = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
    assert found, text_of(answer)
    return found[1]


def propose(asker: Client, at: str = "new/", **changes: str) -> Answer:
    return asker.post(PAGE + at, CLOSED | changes)  # type: ignore[return-value] # of a test client


def put(asker: Client, at: str = "new/", **changes: str) -> Answer:
    return propose(asker, at, **changes, seen=seen_in(propose(asker, at, **changes)))


def waiting(fill: Fill, alice: User) -> Order:
    """Return an order for test that waits for approval."""
    (order,) = actions.submit(fill(), by=alice, tools=toolbox.tools())
    look_at(order.pk)
    return order


def placed(application: Application, slug: str = "dev") -> None:
    service = make_service(application, make_environment(slug))
    make_placement(service, Cluster.objects.get(), lifecycle=Lifecycle.OPERATIONAL)


def test_a_change_shows_whom_it_would_touch_and_does_nothing_yet(
    operator: Client, basket: Application, fill: Fill, alice: User
) -> None:
    order = waiting(fill, alice)
    placed(basket)
    page = text_of(propose(operator))
    assert "Out of line from then on 1 placement; it goes on running" in page
    assert "Basket in Dev Retail · Internal eu1-a no tier, eu1 eu1 moves out. Choose us1." in page
    assert f"{order}: Onboard Basket to Test eu1 moves out." in page
    assert "No longer Public data in dev on clusters without a tier in eu1" in page
    assert "no cluster would be left Public data in dev" in page
    assert not Rule.objects.exists()


def test_an_order_that_has_brought_everything_to_its_clusters_is_not_said_to_stop(
    operator: Client, fill: Fill, alice: User
) -> None:
    order = waiting(fill, alice)
    assert "Orders that would be stopped 1;" in text_of(propose(operator))
    elsewhere = make_placement(make_service(make_application("other")))
    order.revisions.update(number=2)
    Order.objects.update(revision_number=2)
    ran = {"order": order, "step": "prime", "state": "over", "attempt": 1, "succeeded": True}
    StepRun.objects.create(revision=1, **ran)
    StepRun.objects.create(revision=2, direction="back", **ran)
    assert "Orders that would be stopped 1;" in text_of(propose(operator))
    StepRun.objects.create(revision=2, placement=elsewhere, **ran)
    assert "Orders that would be stopped" not in text_of(propose(operator))


def test_what_was_seen_is_put_in_force_and_stops_the_order(
    operator: Client, fill: Fill, alice: User
) -> None:
    order = waiting(fill, alice)
    assert put(operator)["Location"] == PAGE
    look_at(order.pk)
    order.refresh_from_db()
    assert (order.ended_as, order.back_reason) == (
        "refused",
        "On eu1-a: eu1 moves out. Choose us1.",
    )
    page = text_of(operator.get(PAGE))  # type: ignore[arg-type] # of a test client
    assert "edition 1" in page
    assert "Any data in any environment may not be in eu1 refused" in page


def test_a_matrix_that_moved_meanwhile_is_shown_again_instead(operator: Client) -> None:
    seen = seen_in(propose(operator))
    make_rule()
    answer = propose(operator, seen=seen)
    assert (answer.status_code, Rule.objects.count()) == (409, 1)
    assert "Something moved since you looked" in text_of(answer)
    assert propose(operator, seen=seen_in(answer)).status_code == 302


def test_a_service_that_came_meanwhile_is_shown_before_anything_is_in_force(
    operator: Client, basket: Application
) -> None:
    seen = seen_in(propose(operator))
    placed(basket)
    assert propose(operator, seen=seen).status_code == 409
    assert not Edition.objects.exists()


@pytest.mark.parametrize("change", [{"region": "us1"}, {"why": "No."}, {"reason": "Another."}])
def test_only_what_was_seen_is_put_in_force(operator: Client, change: dict[str, str]) -> None:
    seen = seen_in(propose(operator))
    assert propose(operator, **change, seen=seen).status_code == 409
    assert not Rule.objects.exists()


def test_a_row_that_goes_says_what_can_be_ordered_again(
    operator: Client, basket: Application
) -> None:
    put(operator)
    placed(basket)
    at = f"{Rule.objects.get().uuid}/retire/"
    page = text_of(propose(operator, at))
    assert "In line again 1 placement" in page
    assert "New Public data in dev on clusters without a tier in eu1" in page
    assert put(operator, at).status_code == 302
    assert not Rule.objects.filter(until=None).exists()


def test_a_row_is_changed_by_another_in_its_place_and_the_history_shows_both(
    operator: Client, audra: User
) -> None:
    put(operator)
    put(operator, f"{Rule.objects.get().uuid}/change/", region="us1", reason="Decision 13")
    history = text_of(browser_of(audra).get(f"{PAGE}history/"))  # type: ignore[arg-type]
    assert "Edition 2: Decision 13 Before: Any data in any environment may not be in eu1" in history
    assert "After: Any data in any environment may not be in us1" in history
    assert "Edition 1: Decision 12 Added: Any data" in history


def test_what_held_on_a_day_can_be_looked_up(operator: Client) -> None:
    put(operator)
    before = operator.get(PAGE, {"on": "2020-01-01"})
    assert "everything was allowed" in text_of(before)  # type: ignore[arg-type]
    then = text_of(operator.get(PAGE, {"on": "9999-12-31"}))  # type: ignore[arg-type]
    assert "may not be in eu1" in then
    assert "Add a row" not in then


@pytest.mark.parametrize("day", ["yesterday", "", "0000-00-00"])
def test_a_day_that_is_none_is_told(operator: Client, day: str) -> None:
    assert operator.get(PAGE, {"on": day}).status_code == 422


def test_auditors_read_and_change_nothing(audra: User, alice: User, basket: Application) -> None:
    rule = make_rule()
    page = text_of(browser_of(audra).get(PAGE))  # type: ignore[arg-type]
    assert "Restricted data in any environment may be on tier gold" in page
    assert "Add a row" not in page
    for person in (audra, alice):
        for at in ("new/", f"{rule.uuid}/change/", f"{rule.uuid}/retire/"):
            assert propose(browser_of(person), at).status_code == 403
    assert browser_of(alice).get(PAGE).status_code == 403


def test_a_row_that_is_gone_cannot_be_changed(operator: Client) -> None:
    put(operator)
    at = f"{Rule.objects.get().uuid}/retire/"
    put(operator, at)
    assert operator.get(PAGE + at).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"why": ""}, "Give the reason that people read."),
        ({"tier": "a*b"}, "a * stands at the end only"),
        ({"region": "*"}, "A row that refuses everything everywhere is no rule."),
        ({"environment": "mars"}, "Select a valid choice."),
        ({"reason": " "}, "Say why the matrix changes."),
    ],
)
def test_a_row_that_cannot_be_is_told_in_words(
    operator: Client, wrong: dict[str, str], words: str
) -> None:
    answer = propose(operator, **wrong)
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_the_same_row_twice_is_told(operator: Client) -> None:
    put(operator)
    assert "Such a row is in force already." in text_of(propose(operator))
    at = f"{Rule.objects.get().uuid}/change/"
    assert "You changed nothing of the row." in text_of(propose(operator, at))


def test_a_larger_record_takes_no_more_queries(operator: Client, basket: Application) -> None:
    placed(basket)
    few = queries(operator)
    for number in range(6):
        application = make_application(f"a{number}", tenant=basket.tenant)
        cluster = make_cluster(f"eu1-{number}", tier=f"t{number}")
        make_placement(make_service(application), cluster)
        make_rule(tier=f"t{number}")
    assert queries(operator) == few


def queries(asker: Client) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert propose(asker).status_code == 200
        assert asker.get(PAGE).status_code == 200
    return len(caught)


def test_of_many_that_are_touched_the_first_are_named_and_the_rest_counted(
    operator: Client, basket: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foresight, "MOST", 2)
    for number in range(5):
        placed(make_application(f"a{number}", tenant=basket.tenant))
    page = text_of(propose(operator))
    assert "A1 in Dev" in page
    assert "A2 in Dev" not in page
    assert "And 3 more placements." in page


def test_a_change_that_touches_nothing_says_so(operator: Client) -> None:
    assert "It touches nothing that is there now" in text_of(propose(operator, region="mars*"))


# Where people order


def test_a_place_that_is_refused_cannot_be_chosen_and_says_why(
    fill: Fill, alice: User, basket: Application
) -> None:
    draft = fill()
    make_rule(
        environment=make_environment("dev"), classification="", tier="gold", why="Dev is new."
    )
    page = browser_of(alice).get(f"/drafts/{draft.uuid}/where/").content.decode()
    card = page[page.index('value="dev"') : page.index('value="test"')]
    assert " disabled" in card
    assert "Any data in dev" not in card
    assert "Internal data in dev may only be on tier gold: Dev is new." in unescape(card)
    assert " disabled" not in page[page.index('value="eu1"') :].partition(">")[0]


def test_a_region_that_every_environment_is_refused_in_cannot_be_chosen(
    fill: Fill, alice: User, basket: Application
) -> None:
    draft = fill()
    make_rule(classification="", tier="*", region="eu1", allows=False, why="eu1 moves out.")
    asker = browser_of(alice)
    page = asker.get(f"/drafts/{draft.uuid}/where/").content.decode()
    assert " disabled" in page[page.index('value="eu1"') :].partition(">")[0]
    sent = asker.post(f"/drafts/{draft.uuid}/where/", {"environments": "dev", "region": "eu1"})
    assert (sent.status_code, "eu1 moves out." in sent.content.decode()) == (422, True)
