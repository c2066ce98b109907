"""A name that somebody has: said with another on offer, and nothing of either is lost."""

from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from onboarding.models import Draft, Order
from tenants.models import Application, Claim, Tenant
from tests.make import make_application
from tests.onboarding.views.conftest import Fill
from tests.stories import world


@pytest.fixture
def taken(basket: Application) -> Claim:
    """The namespace that basket would get in test is claimed by another application."""
    other = make_application("other", tenant=basket.tenant, owner=basket.owner)
    world.claim_namespace("retail-basket-test", other)
    return Claim.objects.get()


def nothing_is_lost(draft: Draft, taken: Claim) -> None:
    kept = Draft.objects.get(pk=draft.pk)
    assert kept.answers == draft.answers
    assert not Order.objects.exists()
    assert list(Claim.objects.values_list("order_uuid", "released_at")) == [
        (taken.order_uuid, None)
    ]
    assert list(settings.BERTH_GIT_FOLDER.rglob("*.git")) == []


def test_the_form_says_where_it_is_taken_and_offers_another(
    hers: Client, fill: Fill, taken: Claim
) -> None:
    draft = fill(name=None)
    answer = hers.post(f"/drafts/{draft.uuid}/name/", {"name": "basket"})
    text = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "This name is taken on eu1-a." in text
    assert "basket2" in text
    assert 'value="basket"' in text
    nothing_is_lost(draft, taken)


def test_a_name_that_was_taken_meanwhile_is_refused_at_submit(
    hers: Client, fill: Fill, taken: Claim
) -> None:
    draft = fill()
    answer = hers.post(f"/drafts/{draft.uuid}/submit/")
    text = unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "This name is taken" in text
    assert "Choose another name; the form offers one." in text
    nothing_is_lost(draft, taken)


def test_of_several_environments_none_is_ordered_when_one_name_is_taken(
    hers: Client, fill: Fill, taken: Claim
) -> None:
    draft = fill(environments=["dev", "test"])
    assert hers.post(f"/drafts/{draft.uuid}/submit/").status_code == 409
    nothing_is_lost(draft, taken)


def test_a_name_of_another_tenant_is_taken_without_saying_whose(
    hers: Client, fill: Fill, payments: Tenant, charlie: User
) -> None:
    theirs = make_application("secret-project", tenant=payments, owner=charlie)
    world.claim_namespace("retail-basket-test", theirs)
    answer = hers.post(f"/drafts/{fill(name=None).uuid}/name/", {"name": "basket"})
    text = unescape(answer.content.decode())
    assert "This name is taken on eu1-a." in text
    assert "secret-project" not in text
    assert "ayments" not in text
