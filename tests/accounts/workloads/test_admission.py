"""Workloads that are let in: as which machine, what they see, and what is written down."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from accounts.models import User, WorkloadVisit
from audit.models import Entry
from tenants.models import Tenant
from tests.accounts.workloads.conftest import Trusting
from tests.accounts.workloads.fake_issuer import AUDIENCE, FakeIssuer
from tests.make import browser_of

pytestmark = pytest.mark.django_db


def by(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


def seen_by(text: str) -> list[str]:
    """Return the tenants that the API shows whoever comes with the token."""
    return [row["slug"] for row in by(text).get("/api/v1/tenants/").json()["results"]]


def rule(**changes: Any) -> dict[str, Any]:
    usual = {
        "name": "payments-ci",
        "when": "repository == 'acme/payments'",
        "scopes": ["cmdb:read"],
        "tenants": ["retail"],
    }
    return usual | changes


def test_a_workload_sees_the_tenants_that_its_rule_names(
    trusting: Trusting, issuer: FakeIssuer, retail: Tenant, payments: Tenant
) -> None:
    assert seen_by(issuer.token()) == ["retail"]


def test_a_rule_may_show_every_tenant_or_none(
    trusting: Trusting, issuer: FakeIssuer, retail: Tenant, payments: Tenant
) -> None:
    trusting(workloads=[rule(tenants=["*"])])
    assert sorted(seen_by(issuer.token())) == ["payments", "retail"]
    trusting(workloads=[rule(tenants=[])])
    assert seen_by(issuer.token()) == []


def test_the_first_rule_that_fits_decides(
    trusting: Trusting, issuer: FakeIssuer, retail: Tenant, payments: Tenant
) -> None:
    main = rule(name="main", when="ref == 'refs/heads/main'", tenants=["payments"])
    trusting(workloads=[rule(when="ref == 'refs/heads/other'"), main, rule(tenants=["*"])])
    assert seen_by(issuer.token()) == ["payments"]
    assert WorkloadVisit.objects.get().name == "main"


def test_a_workload_opens_what_its_scopes_say_and_nothing_else(
    trusting: Trusting, issuer: FakeIssuer
) -> None:
    assert by(issuer.token()).get("/api/v1/orders").status_code == 403
    assert by(issuer.token()).get("/metrics").status_code == 403
    trusting(workloads=[rule(scopes=["orders:read", "metrics"])])
    assert by(issuer.token()).get("/api/v1/orders").status_code == 200
    assert by(issuer.token()).get("/metrics").status_code == 200
    assert by(issuer.token()).get("/api/v1/tenants/").status_code == 403


def test_a_workload_orders_nothing(trusting: Trusting, issuer: FakeIssuer) -> None:
    trusting(workloads=[rule(scopes=["orders:read"])])
    asker = by(issuer.token())
    assert asker.post("/api/v1/orders", {}, content_type="application/json").status_code == 403


def test_the_figures_say_that_nobody_can_tell_while_the_issuer_is_away(
    trusting: Trusting, issuer: FakeIssuer
) -> None:
    issuer.status = 500
    assert by(issuer.token()).get("/metrics").status_code == 503


def test_a_token_leaves_one_entry_that_names_the_workload(
    trusting: Trusting, issuer: FakeIssuer
) -> None:
    text = issuer.token()
    for _ in range(3):
        by(text).get("/api/v1/tenants/")
    entry = Entry.objects.get(verb="let in")
    assert entry.actor == "workload:forge:repo:acme/payments:ref:refs/heads/main"
    assert entry.actor_name == "payments-ci"
    visit = WorkloadVisit.objects.get()
    assert (visit.name, visit.last_used_from) == ("payments-ci", "127.0.0.1")
    by(issuer.token(jti="another")).get("/api/v1/tenants/")
    assert Entry.objects.filter(verb="let in").count() == 2


def test_a_subject_too_long_to_write_down_stays_one_of_its_own(
    trusting: Trusting, issuer: FakeIssuer
) -> None:
    for end in ("a", "b"):
        by(issuer.token(sub="x" * 300 + end)).get("/api/v1/tenants/")
    idents = set(WorkloadVisit.objects.values_list("ident", flat=True))
    assert {len(ident) for ident in idents} == {200}
    assert len(idents) == 2


def test_a_subject_with_what_no_database_keeps_is_let_in_all_the_same(
    trusting: Trusting, issuer: FakeIssuer
) -> None:
    assert by(issuer.token(sub="a\0b")).get("/api/v1/tenants/").status_code == 200


def test_one_audience_in_a_list_is_ours_as_well(trusting: Trusting, issuer: FakeIssuer) -> None:
    assert by(issuer.token(aud=[AUDIENCE])).get("/api/v1/tenants/").status_code == 200


def test_pinned_keys_need_no_issuer_to_answer(trusting: Trusting, issuer: FakeIssuer) -> None:
    trusting(issuer="https://kubernetes.example.internal", pinned_keys=issuer.key_set())
    text = issuer.token(iss="https://kubernetes.example.internal")
    assert by(text).get("/api/v1/tenants/").status_code == 200
    assert issuer.asked == []


def test_keys_at_an_address_are_fetched_without_discovery(
    trusting: Trusting, issuer: FakeIssuer
) -> None:
    trusting(keys_url=f"{issuer.address}/keys")
    assert by(issuer.token()).get("/api/v1/tenants/").status_code == 200
    assert issuer.asked == ["/keys"]


def test_without_the_file_such_a_token_is_a_wrong_one(
    trusting: Trusting, issuer: FakeIssuer, settings: Settings
) -> None:
    settings.BERTH_WORKLOADS_FILE = None
    assert by(issuer.token()).get("/api/v1/tenants/").status_code == 401
    assert issuer.asked == []


def test_a_file_that_cannot_be_used_lets_nobody_in(
    trusting: Trusting, issuer: FakeIssuer, settings: Settings
) -> None:
    assert settings.BERTH_WORKLOADS_FILE
    settings.BERTH_WORKLOADS_FILE.write_text("issuers: [")
    assert by(issuer.token()).get("/api/v1/tenants/").status_code == 503


def test_operators_see_whom_the_file_trusts_and_which_tokens_came(
    trusting: Trusting, issuer: FakeIssuer, olivia: User
) -> None:
    by(issuer.token()).get("/api/v1/tenants/")
    page = browser_of(olivia).get("/machines/workloads/").text
    assert "payments-ci" in page
    assert "refs/heads/main" in page
    assert "workload:forge:repo:acme/payments" in page
    assert "from 127.0.0.1" in page


def test_the_page_tells_what_is_wrong_with_the_file(
    trusting: Trusting, issuer: FakeIssuer, olivia: User
) -> None:
    trusting(audience="")
    assert "The file has a fault" in browser_of(olivia).get("/machines/workloads/").text


def test_what_came_more_than_a_month_ago_is_forgotten(
    trusting: Trusting, issuer: FakeIssuer, clock: Traveller
) -> None:
    by(issuer.token()).get("/api/v1/tenants/")
    clock.shift(timedelta(days=31))
    by(issuer.token(jti="later")).get("/api/v1/tenants/")
    assert WorkloadVisit.objects.count() == 1
