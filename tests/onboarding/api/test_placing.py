"""Orders are placed as by the form: the same checks, all or none, and once a key."""

import logging
from datetime import timedelta

import pytest
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import Scope, User
from audit.models import Entry
from onboarding.models import Order, Sending
from onboarding.running import sweeper
from tenants.models import Tenant
from tests.journey import NOBODY, Portal
from tests.make import make_application
from tests.onboarding.api.conftest import asked, by_browser, by_token, faults_of
from tests.stories import world

pytestmark = pytest.mark.django_db

ABSENT = "0b5e0000-0000-4000-8000-000000000000"


def test_answers_become_an_order_for_each_environment(portal: Portal, alice: User) -> None:
    answer = by_browser(alice).send("", asked(portal, "dev", "prod"))
    assert answer.status_code == 201
    told = answer.json()["orders"]
    placed = list(Order.objects.order_by("pk"))
    assert [row["number"] for row in told] == [order.pk for order in placed]
    assert [row["environment"] for row in told] == ["dev", "prod"]
    assert answer["Location"] == f"/api/v1/orders/{placed[0].uuid}"
    assert portal.go_on(placed[0]).ended_as == "rehearsed"


def test_what_is_left_out_is_what_the_form_proposes(portal: Portal, alice: User) -> None:
    body = asked(portal)
    for name in ("name", "owner", "destinations"):
        del body["answers"][name]
    del body["kind"]
    assert by_browser(alice).send("", body).status_code == 201
    answers = Order.objects.get().revisions.get().answers
    assert (answers["name"], answers["destinations"]) == ("basket", [])
    assert answers["owner"] == str(alice.uuid)


@pytest.mark.parametrize(
    ("field", "sent", "status"),
    [
        ("size", "xxl", 422),
        ("region", "mars", 422),
        ("name", "Not A Name", 422),
        ("environments", ["nowhere"], 422),
        ("scaffold", "none", 422),
        ("destinations", ["a-database"], 422),
        ("owner", ABSENT, 422),
        ("application", ABSENT, 422),
        ("application", "basket", 400),
        ("environments", "dev", 400),
        ("environments", [], 400),
        ("environments", [["dev"]], 400),
        ("name", {"a": 1}, 400),
        ("name", "a\ud800b", 400),
        ("name", "a\0b", 400),
        ("name", None, 400),
        ("size", True, 400),
        ("price", 1, 400),
    ],
)
def test_a_problem_names_the_field(
    portal: Portal, alice: User, field: str, sent: object, status: int
) -> None:
    answer = by_browser(alice).send("", asked(portal, **{field: sent}))
    assert answer.status_code == status
    assert [name.partition(".")[0] for name in faults_of(answer)] == [field]
    assert not Order.objects.exists()


def test_a_name_that_is_taken_is_a_problem_of_the_name(portal: Portal, alice: User) -> None:
    other = make_application("trolley", tenant=portal.application.tenant)
    world.claim_namespace("retail-basket-dev", other)
    answer = by_browser(alice).send("", asked(portal))
    assert (answer.status_code, answer.json()["code"]) == (409, "order.name-taken")
    assert "name" in faults_of(answer)
    assert answer.json()["next_step"]


def test_who_has_no_permit_is_told_why_and_what_to_do(portal: Portal, alice: User) -> None:
    portal.write_policy(NOBODY)
    answer = by_browser(alice).send("", asked(portal))
    assert (answer.status_code, answer.json()["code"]) == (403, "entitlement.denied")
    assert answer.json()["next_step"]
    assert not Order.objects.exists()


def test_a_strangers_application_reads_like_one_that_does_not_exist(
    portal: Portal, charlie: User, payments: Tenant
) -> None:
    bodies = (asked(portal), asked(portal, application=ABSENT))
    answers = [by_browser(charlie).send("", body) for body in bodies]
    assert answers[0].content == answers[1].content
    assert answers[0].status_code == 422


def test_a_repeated_call_with_its_key_makes_no_second_order(portal: Portal, alice: User) -> None:
    caller = by_browser(alice)
    sent = [caller.send("", asked(portal), **{"Idempotency-Key": "42"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 200]
    assert sent[0]["Location"] == sent[1]["Location"]
    assert Order.objects.count() == 1


def test_a_key_is_new_again_after_thirty_days(portal: Portal, alice: User) -> None:
    caller = by_browser(alice)
    caller.send("", asked(portal), **{"Idempotency-Key": "42"})
    portal.clock.shift(timedelta(days=30))
    sweeper.forget()
    assert Sending.objects.count() == 1
    portal.clock.shift(timedelta(seconds=1))
    sweeper.forget()
    assert not Sending.objects.exists()


def test_a_repeated_call_without_a_key_is_refused_as_a_second_order(
    portal: Portal, alice: User
) -> None:
    caller = by_browser(alice)
    codes = [caller.send("", asked(portal)).status_code for _ in range(2)]
    assert codes == [201, 409]
    assert not Sending.objects.exists()


def test_a_key_that_came_with_other_answers_is_refused(portal: Portal, alice: User) -> None:
    caller = by_browser(alice)
    caller.send("", asked(portal), **{"Idempotency-Key": "42"})
    answer = caller.send("", asked(portal, "prod"), **{"Idempotency-Key": "42"})
    assert (answer.status_code, answer.json()["code"]) == (422, "order.key-reused")
    assert list(faults_of(answer)) == ["Idempotency-Key"]


@pytest.mark.parametrize("key", ["k" * 201, "a\tb", "\xe4"])
def test_a_key_that_cannot_be_kept_is_refused(portal: Portal, alice: User, key: str) -> None:
    answer = by_browser(alice).send("", asked(portal), **{"Idempotency-Key": key})
    assert answer.status_code == 400
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        '"text"',
        "NaN",
        "[" * 60_000,
        '{"a":' * 9_000,
        '{"kind": "onboard", "answers": []}',
        '{"kind": "steal", "answers": {}}',
        "1" * 5_000,
        b"\xff\xfe",
    ],
    ids=lambda body: str(body)[:20],
)
def test_a_body_that_makes_no_sense_is_told_so(alice: User, body: str) -> None:
    answer = by_browser(alice).send("", body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_not_read(alice: User) -> None:
    answer = by_browser(alice).send("", '{"kind": "' + "x" * 70_000 + '"}')
    assert answer.status_code == 400
    assert "larger than" in answer.json()["detail"]


def test_a_form_is_no_order(portal: Portal, alice: User) -> None:
    answer = by_browser(alice).client.post("/api/v1/orders", {"kind": "onboard"})
    assert (answer.status_code, list(faults_of(answer))) == (400, ["answers"])
    assert not Order.objects.exists()


def test_a_session_without_a_csrf_token_places_nothing(portal: Portal, alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    answer = browser.post("/api/v1/orders", asked(portal), content_type="application/json")
    assert answer.status_code == 403
    assert not Order.objects.exists()


def test_a_token_orders_as_its_owner_and_the_ledger_says_by_which(
    portal: Portal, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caller, token, text = by_token(alice)
    assert caller.send("", asked(portal)).status_code == 201
    entry = Entry.objects.get(verb="submitted")
    assert (entry.actor, entry.channel) == (alice.ident, f"token:{token.key}")
    assert text.partition(".")[2] not in caplog.text


def test_the_next_request_does_not_come_by_the_token_of_the_last(
    portal: Portal, alice: User
) -> None:
    by_token(alice)[0].send("", asked(portal))
    by_browser(alice).send("", asked(portal, "prod"))
    assert Entry.objects.filter(verb="submitted").latest("id").channel == "api"


def test_a_token_gains_no_right_that_its_owner_has_not(
    portal: Portal, charlie: User, payments: Tenant
) -> None:
    assert by_token(charlie)[0].send("", asked(portal)).status_code == 422
    assert not Order.objects.exists()


def test_a_token_that_only_reads_places_nothing(portal: Portal, alice: User) -> None:
    answer = by_token(alice, Scope.ORDERS_READ)[0].send("", asked(portal))
    assert answer.status_code == 403
    assert not Order.objects.exists()


def test_a_token_of_somebody_switched_off_opens_nothing(portal: Portal, alice: User) -> None:
    caller, _, _ = by_token(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert caller.send("", asked(portal)).status_code == 401
    assert caller.read().status_code == 401


def test_whoever_orders_too_often_is_told_to_wait_and_may_still_read(
    portal: Portal, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = {"record": "9/minute", "order": "1/minute"}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    caller = by_browser(alice)
    codes = [caller.send("", asked(portal)).status_code for _ in range(2)]
    assert codes == [201, 429]
    assert caller.read().status_code == 200
