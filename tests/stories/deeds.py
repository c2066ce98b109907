"""What a person does to an order, by page and over the API, as browsers and programs do it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from accounts.models import Scope, User
from onboarding.form import answers
from onboarding.models import Draft, Order, Plan
from tests.calling import Caller, by_token
from tests.journey import Portal, again
from tests.make import browser_of

LATER = datetime(2026, 11, 30, 9, tzinfo=UTC)  # a week after the clock of the stories begins
NO_DIGEST = "0" * 64  # of an order without a plan
REASON = {"reason": "Because."}
SAID = {
    **REASON,
    "not_before": "2026-11-30T09:00",
    "question": "Why?",
    "answer": "Because.",
    "approve-reason": "Because.",
}
Act = Callable[[Portal, Order, User], Any]


def digest_of(order: Order) -> str:
    plan = Plan.objects.filter(revision__order=order, revision__number=again(order).revision_number)
    return plan.values_list("digest", flat=True).first() or NO_DIGEST


def browser_for(portal: Portal, by: User) -> Client:
    """Return the browser in which the person stays signed in."""
    if by.pk not in portal.browsers:
        portal.browsers[by.pk] = browser_of(by)
    return portal.browsers[by.pk]


# By page


def _submit_page(portal: Portal, order: Order, by: User) -> Any:
    draft = portal.draft(by, order.environment_id)
    return browser_for(portal, by).post(f"/drafts/{draft.uuid}/submit/")


def _amend_page(portal: Portal, order: Order, by: User) -> Any:
    browser = browser_for(portal, by)
    opened = browser.post(f"/orders/{order.pk}/amend/")
    if opened.status_code != 302:
        return opened
    draft = Draft.objects.get(person=by, amends=order)
    browser.post(f"/drafts/{draft.uuid}/connections/", {"destinations": []})
    return browser.post(f"/drafts/{draft.uuid}/submit/")


def _moved_page(verb: str) -> Act:
    return lambda portal, order, by: browser_for(portal, by).post(
        f"/orders/{order.pk}/{verb}/", SAID
    )


def _decided_page(verb: str) -> Act:
    def act(portal: Portal, order: Order, by: User) -> Any:
        sent = {"digest": digest_of(order), **SAID}
        return browser_for(portal, by).post(f"/approvals/{order.pk}/{verb}/", sent)

    return act


def service_of(order: Order) -> str:
    """Return the UUID that the service has, or would have got."""
    return str(answers.read_allotted(again(order).revisions.get(number=1).allotted).service)


def _resize_page(portal: Portal, order: Order, by: User) -> Any:
    sent = {"size": "s", "destinations": [], **REASON}
    return browser_for(portal, by).post(f"/services/{service_of(order)}/resize/", sent)


def _offboard_page(portal: Portal, order: Order, by: User) -> Any:
    sent = {"name": f"{order.application.slug} in {order.environment_id}", **REASON}
    return browser_for(portal, by).post(f"/services/{service_of(order)}/offboard/", sent)


BY_PAGE: Mapping[str, Act] = {
    "submit": _submit_page,
    "resize": _resize_page,
    "offboard": _offboard_page,
    "withdraw": _moved_page("withdraw"),
    "amend": _amend_page,
    "retry": _moved_page("retry"),
    "approve": _decided_page("approve"),
    "refuse": _decided_page("refuse"),
    "ask": _decided_page("ask"),
    "answer": _moved_page("answer"),
    "take_back": _decided_page("take-back"),
    "schedule": _moved_page("schedule"),
}

# Over the API


def called(verb: str, portal: Portal, order: Order, caller: Caller) -> Any:
    """Send the verb as a program does."""
    bodies: Mapping[str, Mapping[str, Any]] = {
        "amend": {"revision": again(order).revision_number, "answers": {"destinations": []}},
        "approve": REASON | {"digest": digest_of(order)},
        "refuse": REASON | {"digest": digest_of(order)},
        "ask": {"question": "Why?"},
        "answer": {"answer": "Because."},
        "schedule": {"not_before": LATER.isoformat()},
    }
    if verb == "submit":
        asked = {**portal.answers, "environments": [order.environment_id]}
        return caller.send("", {"kind": order.kind, "answers": asked})
    if verb in {"resize", "offboard"}:
        change: dict[str, Any] = {"destinations": []} if verb == "resize" else {}
        about = {"service": service_of(order), **REASON, **change}
        return caller.send("", {"kind": verb, "answers": about})
    return caller.send(f"/{order.uuid}/{verb.replace('_', '-')}", bodies.get(verb, REASON))


def _by_api(verb: str) -> Act:
    return lambda portal, order, by: called(verb, portal, order, Caller(browser_for(portal, by)))


def _by_own_token(verb: str) -> Act:
    return lambda portal, order, by: called(verb, portal, order, by_token(by)[0])


def _by_reading_token(verb: str) -> Act:
    reading = Scope.ORDERS_READ
    return lambda portal, order, by: called(verb, portal, order, by_token(by, reading)[0])


def _unknown(verb: str) -> Act:
    return lambda portal, order, _by: called(verb, portal, order, Caller(Client()))


BY_API = {verb: _by_api(verb) for verb in BY_PAGE}
BY_TOKEN = {verb: _by_own_token(verb) for verb in BY_PAGE}
BY_READING_TOKEN = {verb: _by_reading_token(verb) for verb in BY_PAGE}
BY_NOBODY = {verb: _unknown(verb) for verb in BY_PAGE}
