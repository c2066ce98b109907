"""Verbs over the API: the same actions as by page, and decisions for people only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from accounts.models import Role, User
from audit.models import Entry
from onboarding.changes.models import Approval
from onboarding.models import Order
from tests.accounts.oidc.stale import ask_for_fresh_sign_ins, make_stale
from tests.journey import Portal, again, plan_of
from tests.onboarding.api.conftest import by_browser, by_token, faults_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(portal: Portal, alice: User) -> Order:
    """Make an order of alice's that waits for bob."""
    return portal.go_on(portal.order(alice, "prod"))


def decision(order: Order, **changes: str) -> dict[str, str]:
    return {"digest": plan_of(order).digest, "reason": "Looks fine.", **changes}


def test_an_approver_approves_what_the_digest_names(waiting: Order, bob: User) -> None:
    answer = by_browser(bob).send(f"/{waiting.pk}/approve", decision(waiting))
    assert answer.status_code == 200
    approval = Approval.objects.get()
    assert (approval.person, approval.digest) == (bob, plan_of(waiting).digest)
    entry = Entry.objects.get(verb="approved")
    assert (entry.actor, entry.channel, entry.reason) == (bob.ident, "api", "Looks fine.")


def test_a_sign_in_that_is_not_fresh_approves_nothing(
    waiting: Order, bob: User, settings: Settings, tmp_path: Path
) -> None:
    ask_for_fresh_sign_ins(settings, tmp_path)
    stale = by_browser(bob)
    make_stale(stale.client)
    answer = stale.send(f"/{waiting.pk}/approve", decision(waiting))
    assert (answer.status_code, answer.json()["code"]) == (403, "identity.not-fresh")
    assert not Approval.objects.exists()


def test_a_refusal_takes_the_order_back(portal: Portal, waiting: Order, bob: User) -> None:
    answer = by_browser(bob).send(f"/{waiting.pk}/refuse", decision(waiting, reason="Not now."))
    assert answer.status_code == 200
    assert portal.go_on(waiting).ended_as == "refused"


@pytest.mark.parametrize("verb", ["approve", "refuse"])
@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"reason": "Fine."}, 400, "digest"),
        ({"digest": "e" * 64, "reason": "Fine."}, 422, "digest"),
        ({"digest": "", "reason": "Fine."}, 400, "digest"),
        ({"digest": "e" * 65, "reason": "Fine."}, 400, "digest"),
        ({"digest": "e" * 64, "reason": "x" * 1001}, 400, "reason"),
    ],
)
def test_nothing_is_decided_without_the_digest_of_the_plan(
    waiting: Order, bob: User, verb: str, body: dict[str, str], status: int, field: str
) -> None:
    answer = by_browser(bob).send(f"/{waiting.pk}/{verb}", body)
    assert answer.status_code == status
    assert list(faults_of(answer)) == [field]
    assert not Approval.objects.exists()


def test_a_refusal_without_words_is_none(waiting: Order, bob: User) -> None:
    answer = by_browser(bob).send(f"/{waiting.pk}/refuse", decision(waiting, reason="  "))
    assert (answer.status_code, list(faults_of(answer))) == (422, ["reason"])
    assert not Approval.objects.exists()


@pytest.mark.parametrize("verb", ["approve", "refuse"])
def test_a_token_decides_nothing_whoever_owns_it(waiting: Order, bob: User, verb: str) -> None:
    answer = by_token(bob)[0].send(f"/{waiting.pk}/{verb}", decision(waiting))
    assert (answer.status_code, answer.json()["code"]) == (403, "change.person-needed")
    assert "signs in with a browser" in answer.json()["next_step"]
    assert not Approval.objects.exists()


def test_nobody_approves_their_own_order_over_the_api_either(waiting: Order, alice: User) -> None:
    alice.role_grants.create(role=Role.APPROVER)
    answer = by_browser(alice).send(f"/{waiting.pk}/approve", decision(waiting))
    assert (answer.status_code, answer.json()["code"]) == (403, "change.own-order")


def test_an_amendment_says_only_what_differs(waiting: Order, alice: User) -> None:
    body = {"revision": 1, "answers": {"destinations": []}}
    answer = by_token(alice)[0].send(f"/{waiting.pk}/amend", body)
    told = answer.json()
    assert (answer.status_code, told["revision"]) == (200, 2)
    assert (told["answers"]["destinations"], told["answers"]["name"]) == ([], "basket")


UNFIT: dict[str, tuple[Any, int]] = {
    "revision": ({"answers": {}}, 400),
    "size": ({"revision": 1, "answers": {"size": "xxl"}}, 422),
    "price": ({"revision": 1, "answers": {"price": 1}}, 400),
    "environments": ({"revision": 1, "answers": {"environments": ["dev"]}}, 422),
}


@pytest.mark.parametrize("field", UNFIT)
def test_an_amendment_that_cannot_be_names_the_field(
    waiting: Order, alice: User, field: str
) -> None:
    body, status = UNFIT[field]
    answer = by_browser(alice).send(f"/{waiting.pk}/amend", body)
    assert (answer.status_code, list(faults_of(answer))) == (status, [field])
    assert again(waiting).revision_number == 1


def test_an_amendment_of_a_revision_that_was_left_writes_over_nobody(
    portal: Portal, waiting: Order, alice: User
) -> None:
    portal.amend(waiting, alice, name="trolley")
    body = {"revision": 1, "answers": {"destinations": []}}
    answer = by_browser(alice).send(f"/{waiting.pk}/amend", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "order.too-late")
    assert again(waiting).revisions.get(number=2).answers["name"] == "trolley"


def test_an_operators_token_withdraws_as_the_operator(
    portal: Portal, waiting: Order, olivia: User
) -> None:
    caller, token, _ = by_token(olivia)
    answer = caller.send(f"/{waiting.uuid}/withdraw", {"reason": "Stuck for weeks."})
    assert (answer.status_code, answer.json()["direction"]) == (200, "back")
    entry = Entry.objects.get(verb="withdrew")
    assert (entry.actor, entry.channel) == (olivia.ident, f"token:{token.key}")
    assert portal.go_on(waiting).back_reason == "Stuck for weeks."


def test_a_database_that_gives_no_lock_is_a_problem_to_come_back_from(
    waiting: Order, alice: User
) -> None:
    def no_lock(execute: Callable[..., Any], sql: str, *how: Any) -> Any:
        if sql.startswith("UPDATE"):
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, *how)

    caller = by_browser(alice)
    with connection.execute_wrapper(no_lock):
        answer = caller.send(f"/{waiting.pk}/withdraw", {})
    assert answer.status_code == 503
    assert answer.json()["code"] == "portal.database-away"
    assert caller.send(f"/{waiting.pk}/withdraw", {}).status_code == 200
