"""What monitoring reads, who may, and that asking stays cheap."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from accounts import actions
from accounts.models import Leaver, Scope, User
from audit.ledger import SYSTEM, Subject, note
from audit.models import Entry, Unsealed
from audit.sealer import seal
from fleet.models import Beat, Connection, Stray
from onboarding.figures import collector, tallies
from onboarding.models import Order, Progress, RunState, StepRun, Tally
from portal import vault
from portal.clock import now
from tenants.models import Tenant
from tests.make import (
    browser_of,
    make_application,
    make_cluster,
    make_environment,
    make_service,
)
from tests.onboarding.conftest import MakeOrder
from tests.onboarding.figures.test_tallies import end, run

Clock = time_machine.Traveller
Labels = dict[str, str]
NEAR = "10.20.0.7"


@pytest.fixture
def near(settings: Settings, db: None) -> Client:
    """Something that asks from a network that settings name."""
    settings.BERTH_METRICS_FROM = [ip_network("10.20.0.0/16")]
    return Client(REMOTE_ADDR=NEAR)


def figures(client: Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Ask as Prometheus does, and return every sample by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def figure(client: Client, name: str, **labels: str) -> float:
    return figures(client)[name, frozenset(labels.items())]


def change(order: Order, **columns: object) -> None:
    Order.objects.filter(pk=order.pk).update(**columns)


# Who may read


def test_a_stranger_is_told_nothing(client: Client, db: None) -> None:
    answer = client.get("/metrics")
    assert (answer.status_code, answer.content) == (401, b"No token.\n")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="berth"'


def test_a_token_for_metrics_opens_and_one_for_the_record_does_not(db: None) -> None:
    for scope, status in ((Scope.METRICS, 200), (Scope.CMDB_READ, 403)):
        _, text = actions.make_token("prometheus", scope, by=SYSTEM)
        asking = Client(headers={"Authorization": f"Bearer {text}"})
        assert asking.get("/metrics").status_code == status


def test_a_token_for_metrics_opens_nothing_else(db: None) -> None:
    _, text = actions.make_token("prometheus", Scope.METRICS, by=SYSTEM)
    asking = Client(headers={"Authorization": f"Bearer {text}"})
    assert asking.get("/api/v1/tenants/").status_code == 403


def test_being_signed_in_opens_nothing(olivia: User) -> None:
    assert browser_of(olivia).get("/metrics").status_code == 401


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        (NEAR, {}, 200),
        ("10.21.0.7", {}, 401),
        ("", {}, 401),
        ("10.21.0.7", {"X-Forwarded-For": NEAR}, 401),
        (NEAR, {"X-Forwarded-For": "203.0.113.9"}, 401),
        (NEAR, {"X-Forwarded-For": f"203.0.113.9, {NEAR}"}, 401),
        (NEAR, {"X-Forwarded-For": ""}, 200),
        (NEAR, {"X-Forwarded-For": "10.20.0.9"}, 200),
        (NEAR, {"Forwarded": "for=203.0.113.9"}, 401),
    ],
)
def test_every_address_that_a_request_came_by_must_be_of_a_named_network(
    near: Client, address: str, headers: dict[str, str], status: int
) -> None:
    assert near.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


def test_without_a_named_network_no_address_helps(near: Client, settings: Settings) -> None:
    settings.BERTH_METRICS_FROM = []
    assert near.get("/metrics").status_code == 401


# What is read


def test_open_orders_are_counted_by_what_holds_them(near: Client, make_order: MakeOrder) -> None:
    stuck, moving, _ = make_order(), make_order("belt"), make_order("boots")
    run(stuck, took=1, state=RunState.STUCK, succeeded=None, finished_at=None)
    change(moving, lease_owner="a worker", lease_until=now() + timedelta(minutes=1))
    end(make_order("bag"), after=timedelta(minutes=1))
    for state in ("stuck", "moving", "waiting"):
        labels = {"kind": "onboard", "direction": "onward", "state": state}
        assert figure(near, "berth_orders", **labels) == 1
    assert figure(near, "berth_steps", kind="onboard", step="prime", state="stuck") == 1


def test_the_oldest_that_is_due_tells_that_nobody_works(
    near: Client, make_order: MakeOrder, clock: Clock
) -> None:
    assert figure(near, "berth_orders_due") == 0
    make_order()
    clock.shift(timedelta(minutes=3))
    assert figure(near, "berth_orders_due") == 1
    assert figure(near, "berth_orders_due_oldest_seconds") == 180


def test_lengths_are_histograms_that_only_grow(near: Client, make_order: MakeOrder) -> None:
    order = make_order()
    run(order, took=3)
    run(order, took=30)
    run(order, took=1, succeeded=False, error_code="cluster.busy")
    tallies.count()
    labels = {"kind": "onboard", "step": "prime", "direction": "onward", "outcome": "done"}
    for limit, count in (("2.5", 0), ("5", 1), ("15", 1), ("60", 2), ("+Inf", 2)):
        assert figure(near, "berth_step_seconds_bucket", **labels, le=limit) == count
    assert figure(near, "berth_step_seconds_sum", **labels) == 33
    failed = {"kind": "onboard", "step": "prime", "code": "cluster.busy"}
    assert figure(near, "berth_step_failures_total", **failed) == 1
    StepRun.objects.all().delete()
    assert figure(near, "berth_step_seconds_count", **labels) == 2


def test_the_lead_time_is_told_by_how_orders_ended(near: Client, make_order: MakeOrder) -> None:
    end(make_order(), after=timedelta(hours=9), settled=timedelta(minutes=4))
    tallies.count()
    labels = {"kind": "onboard", "ended_as": "done"}
    assert figure(near, "berth_order_seconds_sum", **labels) == 240
    assert figure(near, "berth_order_seconds_bucket", **labels, le="300") == 1


def test_a_bound_of_an_older_version_is_still_counted(near: Client, db: None) -> None:
    Tally.objects.create(
        kind="onboard", step="prime", outcome="done", up_to="7", count=4, seconds=20
    )
    assert (
        figure(
            near,
            "berth_step_seconds_count",
            kind="onboard",
            step="prime",
            direction="",
            outcome="done",
        )
        == 4
    )


def test_a_cluster_tells_when_it_was_heard_and_how_long_the_token_lasts(
    near: Client, clock: Clock
) -> None:
    cluster = make_cluster("eu1-b", rehearsal=False)
    Connection.objects.create(
        cluster=cluster,
        cluster_uid="u",
        server="https://api.example.com",
        token_sealed=vault.sealed("t"),
        token_expires_at=now() + timedelta(days=3),
        token_renew_at=now(),
        kubernetes_version="v1.36.3",
    )
    assert figure(near, "berth_clusters", standing="stale") == 1
    assert figure(near, "berth_cluster_heard_timestamp_seconds", cluster="eu1-b") == 0
    expiry = figure(near, "berth_cluster_token_expiry_timestamp_seconds", cluster="eu1-b")
    assert expiry == (now() + timedelta(days=3)).timestamp()


def test_the_ledger_tells_how_long_entries_wait_for_their_seal(
    near: Client, clock: Clock, retail: Tenant
) -> None:
    with transaction.atomic():
        note("looked at", Subject("Tenant", retail.uuid, "retail"), by=SYSTEM)
    clock.shift(timedelta(seconds=90))
    assert figure(near, "berth_audit_unsealed_oldest_seconds") == 90
    seal()
    assert figure(near, "berth_audit_unsealed") == 0
    assert figure(near, "berth_audit_unsealed_oldest_seconds") == 0


def test_findings_are_counted_by_kind_and_none_is_told_as_none(near: Client) -> None:
    assert figure(near, "berth_strays", kind="guard") == 0
    beat = Beat.objects.create(place="embedded")
    Stray.objects.create(beat=beat, kind="repository", name="retail/left", settled_at=now())
    Stray.objects.create(beat=beat, kind="repository", name="retail/new")
    assert figure(near, "berth_strays", kind="repository") == 1
    assert figure(near, "berth_nightly_look_timestamp_seconds") == 0


def test_overdue_reviews_are_counted_by_environment_and_leavers_at_all(
    near: Client, alice: User
) -> None:
    make_service(owner=alice, review_due=(now() - timedelta(days=2)).date())
    Leaver.objects.create(user=alice, told_by="directory")
    assert figure(near, "berth_services_review_overdue", environment="dev") == 1
    assert figure(near, "berth_leavers") == 1


def test_a_queue_that_is_away_is_a_figure_and_no_failure(near: Client) -> None:
    assert figure(near, "berth_queue_up") == 0


# What it costs


ORDERS = 10_000
HISTORY = ("onboarding_order", "onboarding_steprun", "audit_entry", "audit_seal")
BOUNDED = ("onboarding_order_open", "onboarding_run_open")  # they hold what is open, and no more


@pytest.fixture
def busy(alice: User, retail: Tenant) -> int:
    """Make an installation with ten thousand orders, one in a hundred of them open."""
    application = make_application(tenant=retail, owner=alice)
    environment = make_environment()
    shared: dict[str, Any] = {
        "requester": alice,
        "tenant": retail,
        "environment": environment,
        "counted": True,
    }
    over = {"ended_as": Progress.DONE, "ended_at": now(), "next_try_at": None}
    orders = Order.objects.bulk_create(
        Order(application=application, **shared, **over) for _ in range(ORDERS - 100)
    )
    applications = [make_application(f"a{n}", tenant=retail, owner=alice) for n in range(100)]
    orders += Order.objects.bulk_create(Order(application=each, **shared) for each in applications)
    StepRun.objects.bulk_create(
        StepRun(
            order=order,
            revision=1,
            step=step,
            state=RunState.OVER if order.ended_as else RunState.WAITING,
            counted=True,
        )
        for order in orders
        for step in ("claim_names", "await_approval")
    )
    entries = Entry.objects.bulk_create(
        Entry(actor="a", actor_name="a", verb="made", object_class="X", object_uuid=order.uuid)
        for order in orders
    )
    Unsealed.objects.bulk_create(Unsealed(entry_id=entry.pk) for entry in entries[-20:])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return len(orders)


def test_asking_costs_a_fixed_number_of_queries_and_reads_no_history(
    near: Client, busy: int
) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert figure(near, "berth_orders_due") == 100
    assert len(asked) <= 16, [query["sql"] for query in asked]
    assert [step for query in asked for step in _whole_tables(query["sql"])] == []


def _whole_tables(sql: str) -> Iterator[str]:
    """Return the steps of the database's plan that read a table of history from end to end."""
    words = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}[connection.vendor]
    if not sql.startswith("SELECT"):
        return
    with connection.cursor() as cursor:
        cursor.execute(f"{words} {sql}")
        steps = [str(row[-1]).strip() for row in cursor.fetchall()]
    for step, its_condition in zip(steps, [*steps[1:], ""], strict=True):
        whole = step.startswith("SCAN ") or "Seq Scan on" in step or "Index Scan" in step
        bounded = any(index in step for index in BOUNDED) or its_condition.startswith("Index Cond")
        if whole and not bounded and set(HISTORY) & set(step.split()):
            yield f"{step}: {sql}"


def test_the_format_is_what_the_library_itself_reads(near: Client) -> None:
    assert list(collector.registry().collect())
    assert figure(near, "berth", version="0.1.0") == 1
