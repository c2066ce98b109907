"""Orders are shown to whom they concern, with who holds them and what is wrong."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Role, Scope, User
from onboarding.models import Order
from onboarding.plans import canonical
from portal.clock import now
from portal.errors import ObjectRefused
from tenants.actions.owners import grant_sight
from tenants.models import Tenant
from tests.journey import Portal, plan_of
from tests.make import make_user
from tests.onboarding.api.conftest import Caller, by_browser, by_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(portal: Portal, alice: User) -> Order:
    """Make an order of alice's that waits for approval."""
    return portal.go_on(portal.order(alice, "prod"))


def numbers(caller: Caller, **query: str) -> list[int]:
    answer = caller.read("", **query)
    assert answer.status_code == 200, answer.json()
    return [row["number"] for row in answer.json()["results"]]


def test_an_order_is_listed_to_those_whom_it_concerns(
    waiting: Order, alice: User, bob: User, charlie: User, payments: Tenant, olivia: User
) -> None:
    for person in (alice, bob, olivia):
        assert numbers(by_browser(person)) == [waiting.pk]
    assert numbers(by_browser(charlie)) == []


def test_another_tenants_order_reads_like_one_that_does_not_exist(
    waiting: Order, charlie: User, payments: Tenant
) -> None:
    caller = by_browser(charlie)
    answers = [
        caller.read(f"/{name}{tail}")
        for name in (waiting.pk, waiting.uuid, waiting.pk + 1, uuid4(), 10**17)
        for tail in ("", "/plan")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_a_machine_reads_the_orders_of_the_tenants_that_it_was_granted(
    waiting: Order, retail: Tenant, payments: Tenant, olivia: User
) -> None:
    seeing, token, _ = by_token(None, Scope.ORDERS_READ)
    grant_sight(token, retail, by=olivia)
    blind, other, _ = by_token(None, Scope.ORDERS_READ)
    grant_sight(other, payments, by=olivia)
    assert (numbers(seeing), numbers(blind)) == ([waiting.pk], [])
    assert seeing.read(f"/{waiting.pk}").status_code == 200
    assert blind.read(f"/{waiting.pk}").status_code == 404


def test_a_token_sees_what_its_owner_sees(waiting: Order, alice: User, charlie: User) -> None:
    assert numbers(by_token(alice)[0]) == [waiting.pk]
    assert numbers(by_token(charlie)[0]) == []


@pytest.mark.parametrize("scope", [Scope.CMDB_READ, Scope.GIT, Scope.METRICS])
def test_a_token_for_something_else_reads_no_order(alice: User, scope: Scope) -> None:
    answer = by_token(alice, scope)[0].read()
    assert answer.status_code == 403
    assert "orders:read" in answer.json()["detail"]


def test_number_and_uuid_lead_to_the_same_with_and_without_a_slash(
    waiting: Order, alice: User
) -> None:
    caller = by_browser(alice)
    told = [caller.read(f"/{name}") for name in (waiting.pk, waiting.uuid, f"{waiting.pk}/")]
    assert len({answer.content for answer in told}) == 1


def test_the_detail_says_who_holds_it_and_since_when(waiting: Order, alice: User) -> None:
    told = by_browser(alice).read(f"/{waiting.pk}").json()
    assert (told["state"], told["sentence"]) == (
        "waiting",
        "Waiting for a member of prod-approvers.",
    )
    step = next(each for each in told["steps"] if each["name"] == "await_approval")
    (lane,) = step["lanes"]
    assert (lane["waits_for"], lane["since"][:16]) == (
        "a member of prod-approvers",
        "2026-11-23T09:00",
    )
    assert (told["kind"], told["revision"], told["answers"]["size"]) == ("onboard", 1, "s")
    assert told["digest"] == plan_of(waiting).digest


def test_what_is_wrong_is_told_with_code_meaning_and_next_step(portal: Portal, alice: User) -> None:
    def refuse() -> None:
        raise ObjectRefused("no such branch")

    portal.after("push_scaffold", refuse)
    order = portal.go_on(portal.order(alice))
    told = by_browser(alice).read(f"/{order.pk}").json()
    step = next(each for each in told["steps"] if each["state"] == "stuck")
    trouble = step["lanes"][0]["trouble"]
    assert (told["state"], step["name"]) == ("stuck", "push_scaffold")
    assert (trouble["code"], trouble["detail"]) == ("cluster.object-refused", "no such branch")
    assert trouble["title"]
    assert trouble["meaning"]
    assert trouble["next_step"]


def test_the_plan_is_what_its_digest_is_over(waiting: Order, alice: User) -> None:
    told = by_browser(alice).read(f"/{waiting.uuid}/plan").json()
    assert canonical.digest(canonical.text(told["desired"])) == told["digest"]
    assert (told["digest"], told["revision"]) == (plan_of(waiting).digest, 1)


def test_there_is_no_plan_before_it_is_drafted(portal: Portal, alice: User) -> None:
    order = portal.order(alice, "prod")
    assert by_browser(alice).read(f"/{order.pk}/plan").status_code == 404


def test_what_is_known_already_is_not_sent_again(waiting: Order, alice: User) -> None:
    caller = by_browser(alice)
    tag = caller.read(f"/{waiting.pk}")["ETag"]
    path = f"/api/v1/orders/{waiting.pk}"
    assert caller.client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_lists_are_narrowed(portal: Portal, waiting: Order, alice: User, olivia: User) -> None:
    dev = portal.go_on(portal.order(alice, "dev"))
    caller = by_browser(alice)
    assert numbers(caller, state="waiting") == numbers(caller, state="open") == [waiting.pk]
    assert numbers(caller, state="rehearsed") == numbers(caller, environment="dev") == [dev.pk]
    assert numbers(caller, state="stuck") == numbers(caller, state="back") == []
    both = [waiting.pk, dev.pk]
    assert numbers(caller, tenant="retail", application="basket", kind="onboard") == both
    assert numbers(caller, requester="me") == both
    assert numbers(by_browser(olivia), requester="me") == []


def test_a_list_of_what_moved_since_leaves_out_what_stood_still(
    portal: Portal, waiting: Order, alice: User
) -> None:
    portal.clock.shift(timedelta(minutes=1))
    since = now().isoformat()
    caller = by_browser(alice)
    assert numbers(caller, updated_since=since) == []
    portal.amend(waiting, alice, destinations=[])
    assert numbers(caller, updated_since=since) == [waiting.pk]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"state": "dead"}, "state"),
        ({"kind": "steal"}, "kind"),
        ({"requester": "bob"}, "requester"),
        ({"updated_since": "yesterday"}, "updated_since"),
        ({"tennant": "retail"}, "tennant"),
        ({"cursor": "made-up"}, "cursor"),
    ],
)
def test_a_parameter_that_means_nothing_is_named(
    alice: User, query: dict[str, str], parameter: str
) -> None:
    answer = by_browser(alice).read("", **query)
    assert answer.status_code == 400
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [parameter]


def test_pages_follow_one_another(portal: Portal, waiting: Order, alice: User) -> None:
    dev = portal.order(alice, "dev")
    first = by_browser(alice).read("", limit="1").json()
    second = by_browser(alice).client.get(first["next"]).json()
    assert [page["results"][0]["number"] for page in (first, second)] == [waiting.pk, dev.pk]
    assert second["next"] is None


def test_an_approver_of_no_tenant_sees_what_waits_for_the_group(waiting: Order) -> None:
    adam = make_user("adam", Role.APPROVER)
    assert numbers(by_browser(adam)) == []
    adam.groups.add(*waiting.requester.groups.filter(name="prod-approvers"))
    assert numbers(by_browser(adam)) == [waiting.pk]
