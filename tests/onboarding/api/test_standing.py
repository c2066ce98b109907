"""Another size and the end of a service are ordered over the API as from its page."""

from uuid import uuid4

import pytest

from accounts.models import User
from onboarding.models import Order
from tenants.models import Service
from tests.journey import Portal
from tests.make import make_size
from tests.onboarding.api.conftest import by_browser, faults_of
from tests.stories import world

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "again"}


@pytest.fixture
def service(portal: Portal, alice: User) -> Service:
    make_size("m", cpu_requests="2")
    return portal.berth(alice)


def body(kind: str, service: Service, **answers: object) -> dict[str, object]:
    return {"kind": kind, "answers": {"service": str(service.uuid), **answers}}


def test_a_size_is_ordered_and_what_is_left_out_stays(
    portal: Portal, service: Service, alice: User
) -> None:
    answer = by_browser(alice).send("", body("resize", service, size="m"))
    assert answer.status_code == 201
    (told,) = answer.json()["orders"]
    assert (told["kind"], told["title"]) == ("resize", "Resize basket in dev")
    order = portal.go_on(Order.objects.get(kind="resize"))
    answers = order.revisions.get().answers
    assert (answers["size"], answers["destinations"]) == ("m", ["orders-db"])


def test_an_end_is_ordered_once_a_key(portal: Portal, service: Service, alice: User) -> None:
    caller, wanted = by_browser(alice), body("offboard", service, reason="It is replaced.")
    first, second = (caller.send("", wanted, **KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["orders"][0]["uuid"] == second.json()["orders"][0]["uuid"]
    portal.go_on(Order.objects.get(kind="offboard"))
    world.nothing_is_left()


def test_a_service_of_others_reads_like_one_that_does_not_exist(
    service: Service, charlie: User
) -> None:
    there, absent = (
        by_browser(charlie).send(
            "", {"kind": "offboard", "answers": {"service": uuid, "reason": "Mine now."}}
        )
        for uuid in (str(service.uuid), str(uuid4()))
    )
    assert (there.status_code, faults_of(there)) == (absent.status_code, faults_of(absent))
    assert not Order.objects.filter(kind="offboard").exists()


@pytest.mark.parametrize(
    ("kind", "answers", "status"),
    [
        ("offboard", {}, 400),
        ("offboard", {"reason": "Old.", "size": "m"}, 400),
        ("resize", {"size": "gigantic"}, 422),
        ("resize", {"size": "s"}, 422),
        ("resize", {"destinations": ["mainframe"]}, 422),
    ],
)
def test_what_cannot_be_ordered_is_refused_in_words(
    service: Service, alice: User, kind: str, answers: dict[str, object], status: int
) -> None:
    answer = by_browser(alice).send("", body(kind, service, **answers))
    assert answer.status_code == status
    assert not Order.objects.filter(kind=kind).exists()


def test_a_second_order_for_a_service_is_told_of_the_first(service: Service, alice: User) -> None:
    caller = by_browser(alice)
    caller.send("", body("offboard", service, reason="Old."))
    answer = caller.send("", body("resize", service, size="m"))
    assert answer.status_code == 409
    assert "Offboard basket from dev" in answer.json()["detail"]


def test_neither_is_amended(portal: Portal, service: Service, alice: User) -> None:
    caller = by_browser(alice)
    uuid = caller.send("", body("resize", service, size="m")).json()["orders"][0]["uuid"]
    answer = caller.send(f"/{uuid}/amend", {"revision": 1, "answers": {"size": "s"}})
    assert answer.status_code == 422
    assert answer.json()["code"] == "order.not-amendable"
