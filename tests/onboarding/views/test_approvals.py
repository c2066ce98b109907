"""Deciding: on what was shown, by somebody else, with words for a refusal."""

from html import unescape
from pathlib import Path

from django.test import Client
from pytest_django import Settings

from accounts.models import User
from onboarding.changes.models import Approval
from onboarding.models import Order
from tests.accounts.oidc.stale import ask_for_fresh_sign_ins, make_stale
from tests.make import browser_of


def digest_of(client: Client, order: Order) -> str:
    preview = client.get(f"/approvals/{order.pk}/").context["preview"]
    return str(preview.digest)


def test_the_inbox_lists_what_waits_and_counts_it_in_the_frame(ordered: Order, adam: User) -> None:
    shown = browser_of(adam).get("/approvals/")
    assert "Onboard Basket to Test" in shown.content.decode()
    places = {place.label: place.tally for place in shown.context["frame"]["places"]}
    assert places["Approvals"] == 1


def test_approving_counts_for_the_digest_that_was_shown(ordered: Order, adam: User) -> None:
    approver = browser_of(adam)
    digest = digest_of(approver, ordered)
    sent = {"digest": digest, "approve-reason": "Looks right"}
    answer = approver.post(f"/approvals/{ordered.pk}/approve/", sent)
    assert answer.headers["Location"] == "/approvals/"
    given = Approval.objects.get()
    assert (given.person, given.digest, given.reason) == (adam, digest, "Looks right")


def test_a_sign_in_that_is_not_fresh_is_asked_again_before_approving(
    ordered: Order, adam: User, settings: Settings, tmp_path: Path
) -> None:
    ask_for_fresh_sign_ins(settings, tmp_path)
    approver = browser_of(adam)
    make_stale(approver)
    sent = {"digest": digest_of(approver, ordered)}
    answer = approver.post(f"/approvals/{ordered.pk}/approve/", sent)
    assert answer.headers["Location"] == f"/sign-in-again/?next=%2Fapprovals%2F{ordered.pk}%2F"
    assert not Approval.objects.exists()


def test_a_plan_that_changed_since_is_not_approved(ordered: Order, adam: User) -> None:
    sent = {"digest": "0" * 64}
    answer = browser_of(adam).post(f"/approvals/{ordered.pk}/approve/", sent)
    assert answer.status_code == 422
    assert "The plan has changed" in answer.content.decode()
    assert not Approval.objects.exists()


def test_a_refusal_without_words_is_asked_for_them(ordered: Order, adam: User) -> None:
    approver = browser_of(adam)
    sent = {"digest": digest_of(approver, ordered), "reason": " "}
    answer = approver.post(f"/approvals/{ordered.pk}/refuse/", sent)
    assert answer.status_code == 422
    assert "Say what has to change" in answer.content.decode()
    assert not Approval.objects.exists()


def test_a_refusal_reaches_the_requester_with_its_reason(
    hers: Client, ordered: Order, adam: User
) -> None:
    approver = browser_of(adam)
    sent = {"digest": digest_of(approver, ordered), "reason": "Use size S"}
    approver.post(f"/approvals/{ordered.pk}/refuse/", sent)
    assert "Use size S" in hers.get(f"/orders/{ordered.pk}/").content.decode()


def test_nobody_decides_on_their_own_order(ordered: Order, alice: User, adam: User) -> None:
    alice.role_grants.create(role="approver")
    own = browser_of(alice)
    shown = unescape(own.get(f"/approvals/{ordered.pk}/").content.decode())
    assert "You asked for this, so somebody else decides" in shown
    assert "Your decision" not in shown
    digest = digest_of(own, ordered)
    assert own.post(f"/approvals/{ordered.pk}/approve/", {"digest": digest}).status_code == 403
    assert not Approval.objects.exists()


def test_developers_have_no_inbox(hers: Client, ordered: Order) -> None:
    assert hers.get("/approvals/").status_code == 403
    assert hers.get(f"/approvals/{ordered.pk}/").status_code == 403
