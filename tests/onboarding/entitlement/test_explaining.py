"""Why somebody was permitted or refused, printed and on the page: who said what, and when."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from onboarding.entitlement import checks
from onboarding.entitlement.asking import together
from onboarding.models import Evidence, Order
from onboarding.ports import Outcome
from portal.errors import NotEntitled
from tests.journey import Portal
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.entitlement.asked import Told, said

pytestmark = pytest.mark.django_db
ENDS = datetime(2036, 11, 23, tzinfo=UTC)


def permitted_and_denied(order: Order) -> Order:
    """Ask about an order that one source permits, and another one denies later."""
    rule = Told(
        lambda: said(
            evidence={"rule": {"groups": ["a", "b"]}, "items": "odd"},
            revision="r8",
            decision="d7",
            expires_at=ENDS,
        ),
        "rules",
    )
    risk = Told(lambda: said(Outcome.SILENT, reason="Nothing \x1b[31mknown."), "risk")
    checks.require(together([rule, risk]), order, point="submit")
    risk.does = lambda: said(Outcome.DENY, code="frozen", reason="It is frozen.")
    with pytest.raises(NotEntitled):
        checks.require(together([rule, risk]), order, point="check")
    return order


@pytest.fixture
def order(make_order: MakeOrder) -> Order:
    return permitted_and_denied(make_order())


def printed(number: int) -> str:
    out = StringIO()
    call_command("explain_entitlement", str(number), stdout=out)
    return out.getvalue()


def test_every_answer_is_printed_with_source_rule_fact_revision_and_time(order: Order) -> None:
    text = printed(order.pk)
    first = Evidence.objects.earliest("id")
    assert f"{order}: Onboard basket to dev, asked for by local:alice" in text
    assert "local:alice: permit by rules (said_so)" in text
    assert "local:alice: deny by risk (frozen)" in text
    for told in (
        'facts: {"items": "odd", "rule": {"groups": ["a", "b"]}}',
        "revision: r8",
        "decision: d7",
        "good until: 2036-11-23",
        f"question: {first.query_digest}",
        f"asked: {first.heard[0]['at']}",
    ):
        assert told in text


def test_what_sources_said_cannot_move_the_cursor(order: Order) -> None:
    assert "\x1b" not in printed(order.pk)


def test_an_order_that_nobody_was_asked_about_says_so(make_order: MakeOrder) -> None:
    assert "Nothing was asked yet." in printed(make_order().pk)


def test_evidence_of_an_older_version_is_told_as_far_as_it_goes(make_order: MakeOrder) -> None:
    order = make_order()
    Evidence.objects.create(
        order=order,
        point="check",
        person="local:alice",
        outcome="permit",
        source="file",
        reason_code="permitted_by_rule",
        facts={"rule": 3},
        policy_revision="r1",
    )
    assert 'facts: {"rule": 3}\n  revision: r1' in printed(order.pk)


def test_an_order_that_is_not_there_is_told() -> None:
    with pytest.raises(CommandError, match="There is no order 999"):
        printed(999)


def test_the_page_of_the_order_tells_it_too(client: Client, alice: User, portal: Portal) -> None:
    order = permitted_and_denied(portal.order(alice))
    client.force_login(alice)
    page = client.get(reverse("onboarding:evidence", args=(order.pk,))).content.decode()
    for told in (
        "Who said what",
        "It is frozen.",
        "rule groups: a, b",
        "revision r8",
        "decision d7",
    ):
        assert told in page
