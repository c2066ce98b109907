"""The order form: a page a question, nothing lost, nothing made before submit."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.models import User
from onboarding.models import Draft, Order, Unlisted
from tenants.models import Application, Tenant
from tests.make import browser_of, make_application, make_service
from tests.onboarding.views.conftest import Fill


def test_the_first_answer_begins_a_draft_and_leads_on(hers: Client, basket: Application) -> None:
    answer = hers.post("/orders/new/", {"application": str(basket.uuid)})
    draft = Draft.objects.get()
    assert answer.headers["Location"] == f"/drafts/{draft.uuid}/where/"
    assert draft.answers == {"application": str(basket.uuid)}


def test_applications_of_other_tenants_are_neither_shown_nor_taken(
    hers: Client, basket: Application, payments: Tenant, charlie: User
) -> None:
    foreign = make_application("checkout", tenant=payments, owner=charlie)
    assert "Checkout" not in hers.get("/orders/new/").content.decode()
    answer = hers.post("/orders/new/", {"application": str(foreign.uuid)})
    assert answer.status_code == 422
    assert not Draft.objects.exists()


def test_an_environment_without_a_permit_says_why_and_cannot_be_chosen(
    hers: Client, fill: Fill
) -> None:
    draft = fill(environments=None)
    shown = hers.get(f"/drafts/{draft.uuid}/where/")
    assert "No rule and no group of yours permits this." in shown.content.decode()
    sent = {"environments": ["prod"], "region": "eu1"}
    answer = hers.post(f"/drafts/{draft.uuid}/where/", sent)
    assert answer.status_code == 422


def test_an_environment_that_has_the_application_already_cannot_be_chosen(
    hers: Client, fill: Fill, basket: Application
) -> None:
    make_service(basket)
    draft = fill(environments=None)
    sent = {"environments": ["dev"], "region": "eu1"}
    assert hers.post(f"/drafts/{draft.uuid}/where/", sent).status_code == 422
    assert "Basket is there already." in hers.get(f"/drafts/{draft.uuid}/where/").content.decode()


def test_a_wrong_answer_is_kept_in_its_field_with_the_reason(hers: Client, fill: Fill) -> None:
    draft = fill(name=None)
    answer = hers.post(f"/drafts/{draft.uuid}/name/", {"name": "Not A Name"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Not A Name"' in text
    assert "Use lower-case letters" in text
    draft.refresh_from_db()
    assert "name" not in draft.answers


def test_a_taken_name_is_refused_with_another_on_offer(
    hers: Client, fill: Fill, ordered: Order, basket: Application
) -> None:
    other = make_application("baskets", tenant=basket.tenant, owner=basket.owner)
    draft = fill(application=str(other.uuid), name=None)
    answer = hers.get(f"/drafts/{draft.uuid}/name/check/", {"name": "basket"})
    text = answer.content.decode()
    assert "is taken on eu1-a" in text
    assert "basket2" in text
    assert hers.post(f"/drafts/{draft.uuid}/name/", {"name": "basket"}).status_code == 422


def test_the_order_can_be_changed_from_the_check_and_leads_back_to_it(
    hers: Client, fill: Fill
) -> None:
    draft = fill()
    answer = hers.post(f"/drafts/{draft.uuid}/connections/", {"destinations": []})
    assert answer.headers["Location"] == f"/drafts/{draft.uuid}/check/"
    draft.refresh_from_db()
    assert draft.answers["destinations"] == []
    assert draft.answers["name"] == "basket"


@pytest.mark.parametrize("place", ["check", "preview"])
def test_a_gap_in_the_answers_leads_to_its_question(hers: Client, fill: Fill, place: str) -> None:
    draft = fill(size=None)
    answer = hers.get(f"/drafts/{draft.uuid}/{place}/")
    assert answer.headers["Location"] == f"/drafts/{draft.uuid}/size/"


def test_somebody_elses_draft_looks_like_none(fill: Fill, bob: User) -> None:
    draft = fill()
    for part in ("check/", "preview/", "name/check/?name=x"):
        assert browser_of(bob).get(f"/drafts/{draft.uuid}/{part}").status_code == 404
    assert browser_of(bob).post(f"/drafts/{draft.uuid}/submit/").status_code == 404


def test_the_preview_shows_what_will_be_made_and_makes_nothing(hers: Client, fill: Fill) -> None:
    draft = fill()
    shown = hers.get(f"/drafts/{draft.uuid}/preview/")
    text = shown.content.decode()
    assert "ResourceQuota" in text
    assert "orders-db" in text
    assert not Order.objects.exists()


def test_a_leaf_of_the_preview_is_shown_by_its_address(hers: Client, fill: Fill) -> None:
    draft = fill()
    address = f"/drafts/{draft.uuid}/preview/?show=0/repository/README.md"
    shown = hers.get(address).context["exhibit"]
    assert shown.leaf.title == "README.md"


def test_submit_makes_one_order_for_each_environment(hers: Client, fill: Fill) -> None:
    draft = fill(environments=["dev", "test"])
    answer = hers.post(f"/drafts/{draft.uuid}/submit/")
    orders = Order.objects.order_by("pk")
    assert [order.environment_id for order in orders] == ["dev", "test"]
    assert answer.headers["Location"] == f"/orders/{orders[0].pk}/"
    assert not Draft.objects.exists()


def test_a_failed_submit_says_what_to_do_and_keeps_the_draft(
    hers: Client, fill: Fill, ordered: Order
) -> None:
    draft = fill()
    answer = hers.post(f"/drafts/{draft.uuid}/submit/")
    assert answer.status_code == 409
    assert "The application is there already" in answer.content.decode()
    assert Draft.objects.filter(pk=draft.pk).exists()


def test_an_application_that_is_not_listed_reaches_the_operators(
    hers: Client, alice: User, olivia: User
) -> None:
    answer = hers.post("/orders/new/unlisted/", {"name": "Loyalty", "note": "Ours since May"})
    assert urlsplit(answer.headers["Location"]).path == "/"
    wish = Unlisted.objects.get()
    operator = browser_of(olivia)
    assert "Loyalty" in operator.get("/operate/missing/").content.decode()
    operator.post(f"/operate/missing/{wish.pk}/settle/")
    assert "Nothing is missed" in operator.get("/operate/missing/").content.decode()


def test_a_draft_is_thrown_away_only_by_post(hers: Client, fill: Fill) -> None:
    draft = fill()
    assert hers.get(f"/drafts/{draft.uuid}/discard/").status_code == 405
    hers.post(f"/drafts/{draft.uuid}/discard/")
    assert not Draft.objects.exists()
