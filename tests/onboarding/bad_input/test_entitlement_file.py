"""A broken entitlement file, at the start and after an edit: it permits nobody, loses nothing."""

import io
from html import unescape
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from onboarding.models import Order
from tenants.models import Claim
from tests.onboarding.entitlement.test_file import MALFORMED
from tests.onboarding.views.conftest import POLICY, Fill

BROKEN = pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())


def test_the_start_is_not_stopped_and_says_what_is_wrong(db: None, policy: Path) -> None:
    policy.write_text("version: 1\nrules: [")
    said = io.StringIO()
    call_command("check", stderr=said)
    assert "The entitlement file cannot be used, so nobody is permitted anything" in said.getvalue()
    assert "BERTH_ENTITLEMENT_FILE" in said.getvalue()
    assert "says where it is" in said.getvalue()


@BROKEN
def test_a_file_that_breaks_under_a_form_permits_nobody_and_says_why(
    hers: Client, fill: Fill, policy: Path, text: str
) -> None:
    draft = fill()
    policy.write_bytes(text.encode(errors="replace"))
    form = unescape(hers.get(f"/drafts/{draft.uuid}/where/").content.decode())
    assert "The entitlement file cannot be read, so nobody is permitted." in form
    answer = hers.post(f"/drafts/{draft.uuid}/submit/")
    said = unescape(answer.content.decode())
    assert answer.status_code == 503
    assert "We could not check your entitlement" in said
    assert "An operator has to mend the entitlement file." in said
    assert not Order.objects.exists()
    assert not Claim.objects.exists()


def test_once_the_file_is_mended_the_same_form_can_be_sent(
    hers: Client, fill: Fill, policy: Path
) -> None:
    draft = fill()
    before = dict(draft.answers)
    policy.write_text("version: 1\nrules: [")
    hers.post(f"/drafts/{draft.uuid}/submit/")
    draft.refresh_from_db()
    assert draft.answers == before
    policy.write_text(POLICY)
    answer = hers.post(f"/drafts/{draft.uuid}/submit/")
    assert answer.headers["Location"] == f"/orders/{Order.objects.get().pk}/"
