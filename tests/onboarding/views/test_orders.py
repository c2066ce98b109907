"""The order page and what can be done on it."""

import json
from html import unescape

import pytest
from django.test import Client

from accounts.models import User
from onboarding.models import Draft, Order, Progress, RunState, StepRun
from portal.clock import now
from tests.make import browser_of, make_environment
from tests.onboarding.conftest import MakeOrder

TABS = ("", "plan/", "evidence/", "audit/", "raw/")


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def stick(order: Order, code: str = "cluster.object-refused") -> StepRun:
    """Make the order's waiting step a stuck one."""
    StepRun.objects.filter(order=order, state=RunState.WAITING).update(
        state=RunState.STUCK, error_code=code, error_detail="exceeded quota"
    )
    return StepRun.objects.get(order=order, state=RunState.STUCK)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_says_what_it_is_and_whose_move_it_is(
    hers: Client, ordered: Order, tab: str
) -> None:
    text = text_of(hers, f"/orders/{ordered.pk}/{tab}")
    assert "Onboard Basket to Test" in text
    assert "Waiting for an approver." in text


def test_the_filters_of_the_list_count_what_somebody_may_see(
    make_order: MakeOrder, alice: User, charlie: User
) -> None:
    *_, last = [make_order(slug) for slug in ("cart", "till", "desk")]
    moved = {"ended_as": Progress.DONE, "ended_at": now(), "environment": make_environment("prod")}
    Order.objects.filter(pk=last.pk).update(**moved)
    state, environment = browser_of(alice).get("/orders/").context["filters"]
    counts = {each.label: each.count for each in state.options if each.count}
    assert counts == {"All": 3, "Under way": 2, Progress.DONE.label: 1}
    assert [(each.label, each.count) for each in environment.options[1:]] == [
        ("dev", 2),
        ("prod", 1),
    ]
    (hers, _) = browser_of(charlie).get("/orders/").context["filters"]
    assert not any(each.count for each in hers.options)


@pytest.mark.parametrize("tab", [*TABS, "timeline/", "withdraw/"])
def test_a_stranger_gets_the_same_answer_as_for_an_order_that_does_not_exist(
    charlie: User, ordered: Order, tab: str
) -> None:
    stranger = browser_of(charlie)
    assert stranger.get(f"/orders/{ordered.pk}/{tab}").status_code == 404
    assert stranger.get(f"/orders/999999/{tab}").status_code == 404


def test_the_plan_is_shown_as_it_is_stored(hers: Client, ordered: Order) -> None:
    text = text_of(hers, f"/orders/{ordered.pk}/plan/?show=0/repository/README.md")
    assert "retail/basket" in text
    assert "approvals count for digest" in text


def test_evidence_names_the_rule_that_permitted(hers: Client, ordered: Order) -> None:
    text = text_of(hers, f"/orders/{ordered.pk}/evidence/")
    assert "Developers of retail may order dev and test." in text


def test_the_trail_tells_who_did_what(hers: Client, ordered: Order) -> None:
    text = text_of(hers, f"/orders/{ordered.pk}/audit/")
    assert "submitted" in text
    assert "Alice" in text


def test_raw_is_the_order_as_data(hers: Client, ordered: Order) -> None:
    raw = json.loads(hers.get(f"/orders/{ordered.pk}/raw/").context["text"])
    assert raw["number"] == ordered.pk
    assert [run["step"] for run in raw["runs"]][:2] == ["claim_names", "check_entitlement"]


def test_the_timeline_costs_little_while_nothing_happens(hers: Client, ordered: Order) -> None:
    path = f"/orders/{ordered.pk}/timeline/"
    first = hers.get(path)
    again = hers.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_the_timeline_asks_again_only_while_the_order_is_under_way(
    hers: Client, ordered: Order
) -> None:
    path = f"/orders/{ordered.pk}/timeline/"
    assert "hx-trigger" in text_of(hers, path)
    Order.objects.filter(pk=ordered.pk).update(
        ended_as="withdrawn", ended_at=ordered.submitted_at, back_reason="Not needed"
    )
    over = hers.get(path)
    assert "hx-trigger" not in over.content.decode()
    assert over.headers["HX-Refresh"] == "true"


def test_a_page_whose_buttons_changed_is_asked_for_as_a_whole(hers: Client, ordered: Order) -> None:
    stage = hers.get(f"/orders/{ordered.pk}/").context["stage"]
    path = f"/orders/{ordered.pk}/timeline/?seen={stage}"
    assert "HX-Refresh" not in hers.get(path).headers
    stick(ordered)
    assert hers.get(path).headers["HX-Refresh"] == "true"


def test_a_stuck_order_says_what_happened_what_it_means_and_what_to_do(
    hers: Client, ordered: Order
) -> None:
    stick(ordered)
    text = text_of(hers, f"/orders/{ordered.pk}/")
    assert "Stuck at Approval: the cluster refused an object." in text
    assert "exceeded quota" in text
    assert "An operator has to look at the refusal" in text
    assert "Code cluster.object-refused" in text


def test_operators_see_what_is_stuck_and_try_it_again(ordered: Order, olivia: User) -> None:
    run = stick(ordered)
    operator = browser_of(olivia)
    assert "exceeded quota" in text_of(operator, "/operate/stuck/")
    operator.post(f"/orders/{ordered.pk}/retry/")
    assert StepRun.objects.filter(order=ordered, step=run.step, attempt=run.attempt + 1).exists()
    assert "Nothing is stuck" in text_of(operator, "/operate/stuck/")


def test_trying_again_what_is_not_stuck_is_told_in_words(hers: Client, ordered: Order) -> None:
    answer = hers.post(f"/orders/{ordered.pk}/retry/")
    assert answer.status_code == 409
    assert "Nothing is stuck any more" in answer.content.decode()


def test_withdrawing_shows_what_goes_and_needs_a_post(hers: Client, ordered: Order) -> None:
    text = text_of(hers, f"/orders/{ordered.pk}/withdraw/")
    assert "The names it reserved" in text
    assert "The repository" not in text
    hers.post(f"/orders/{ordered.pk}/withdraw/", {"reason": "Not needed"})
    ordered.refresh_from_db()
    assert (ordered.direction, ordered.back_reason) == ("back", "Not needed")


def test_somebody_elses_order_cannot_be_withdrawn(ordered: Order, bob: User) -> None:
    answer = browser_of(bob).post(f"/orders/{ordered.pk}/withdraw/", {"reason": "Mine now"})
    assert answer.status_code == 403
    ordered.refresh_from_db()
    assert ordered.direction == "onward"


def test_an_amendment_starts_from_what_was_asked_for(hers: Client, ordered: Order) -> None:
    answer = hers.post(f"/orders/{ordered.pk}/amend/")
    draft = Draft.objects.get()
    assert answer.headers["Location"] == f"/drafts/{draft.uuid}/check/"
    hers.post(f"/drafts/{draft.uuid}/connections/", {"destinations": []})
    hers.post(f"/drafts/{draft.uuid}/submit/")
    ordered.refresh_from_db()
    assert ordered.revision_number == 2
    assert ordered.revisions.get(number=2).answers["destinations"] == []


def test_an_amendment_cannot_become_an_order_for_something_else(
    hers: Client, ordered: Order
) -> None:
    hers.post(f"/orders/{ordered.pk}/amend/")
    draft = Draft.objects.get()
    assert hers.get(f"/drafts/{draft.uuid}/application/").status_code == 404
    sent = {"environments": ["dev"], "region": "eu1"}
    assert hers.post(f"/drafts/{draft.uuid}/where/", sent).status_code == 422


def test_the_list_of_orders_is_filtered_by_its_address(hers: Client, ordered: Order) -> None:
    assert "Onboard basket to test" in text_of(hers, "/orders/?state=open")
    assert "No orders here" in text_of(hers, "/orders/?state=done")
    assert "No orders here" in text_of(hers, "/orders/?environment=dev")


def test_search_opens_an_order_by_its_number(hers: Client, ordered: Order) -> None:
    assert hers.get(f"/search/?q={ordered.pk}").headers["Location"] == f"/orders/{ordered.pk}/"
    assert "Onboard basket to test" in text_of(hers, "/search/?q=bask")


def test_search_finds_nothing_of_other_tenants(charlie: User, ordered: Order) -> None:
    stranger = browser_of(charlie)
    assert "Nothing found" in text_of(stranger, "/search/?q=basket")
    assert "Nothing found" in text_of(stranger, f"/search/?q={ordered.pk}")
