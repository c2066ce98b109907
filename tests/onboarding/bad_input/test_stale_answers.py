"""Answers of a draft that mean nothing any more, or never did: said in words, nothing is lost."""

from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from onboarding.form import questions
from onboarding.models import Draft, Order
from tenants.models import Claim
from tests.onboarding.views.conftest import Fill

SENTENCES = {
    "environment": ({"environments": ["nowhere"]}, "One of these environments does not exist."),
    "one of two environments": (
        {"environments": ["test", "nowhere"]},
        "One of these environments does not exist.",
    ),
    "region": ({"region": "nowhere"}, "No cluster in this region takes anything."),
    "size": ({"size": "nowhere"}, "There is no such size any more."),
    "scaffold": ({"scaffold": "nowhere"}, "There is no such scaffold any more."),
    "destination": ({"destinations": ["nowhere"]}, "One of these destinations is not offered."),
    "owner": ({"owner": str(uuid4())}, "The owner of a service is a member of its tenant."),
    "application": ({"application": str(uuid4())}, "This application is not one of yours."),
    "name": ({"name": "Not A Name"}, "Use lower-case letters a to z"),
    "reserved name": ({"name": "flux"}, "The name flux is reserved."),
}
STALE = pytest.mark.parametrize(("changes", "said"), SENTENCES.values(), ids=SENTENCES.keys())


def nothing_is_lost(draft: Draft, changes: dict[str, Any]) -> None:
    """Assert that the draft is as it was, and that nothing was made or reserved."""
    draft.refresh_from_db()
    assert draft.answers.items() >= changes.items()
    assert not Order.objects.exists()
    assert not Claim.objects.exists()
    assert list(settings.BERTH_GIT_FOLDER.rglob("*.git")) == []


@STALE
def test_every_page_of_the_form_still_opens(
    hers: Client, fill: Fill, changes: dict[str, Any], said: str
) -> None:
    address = f"/drafts/{fill(**changes).uuid}"
    statuses = {hers.get(f"{address}/{page.slug}/").status_code for page in questions.PAGES}
    assert statuses <= {200, 302}
    assert hers.get(f"{address}/name/check/?name=basket").status_code == 200


@STALE
@pytest.mark.parametrize(("deed", "page"), [("get", "preview"), ("post", "submit")])
def test_what_cannot_be_made_is_said_with_a_way_on(
    hers: Client, fill: Fill, changes: dict[str, Any], said: str, deed: str, page: str
) -> None:
    draft = fill(**changes)
    answer = getattr(hers, deed)(f"/drafts/{draft.uuid}/{page}/")
    text = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "Some answers cannot be used" in text
    assert said in text
    assert "Change those answers and send them again." in text
    nothing_is_lost(draft, changes)
