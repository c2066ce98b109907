"""What an evidence pack holds, for whom, and that it is the same each time."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from accounts import actions as doing
from accounts.models import Scope, User
from audit.ledger import SYSTEM
from audit.models import Entry
from audit.offline import verify
from audit.sealer import seal
from onboarding import actions
from onboarding.evidence import packs, pdf, summary
from onboarding.evidence.summary import Summary, Table
from onboarding.models import Order, StepRun
from onboarding.plans import drafting
from onboarding.stories import register
from portal.errors import EvidenceTooLarge
from tenants.actions.owners import grant_sight
from tenants.models import Placement
from tests.journey import Portal, plan_of
from tests.make import browser_of
from tests.onboarding.evidence.conftest import OTHERS, fetched, findings
from tests.onboarding.evidence.forging import opened, reader, rows


def in_browser(by: User, order: Order) -> bytes:
    return b"".join(browser_of(by).get(f"/orders/{order.pk}/evidence/pack/").streaming_content)  # type: ignore[attr-defined]  # a stream


# What is in it


def test_every_revision_is_there_with_its_plan(pack: bytes, ended: Order) -> None:
    read = reader(pack)
    assert read("revisions/001/answers.json")["destinations"] == []
    assert read("revisions/002/answers.json")["destinations"] == ["orders-db"]
    assert opened(pack)["revisions/002/plan.json"].decode() == plan_of(ended).desired
    assert read("revisions/002/revision.json")["digest"] == plan_of(ended).digest
    assert "orders-db" in opened(pack)["revisions/002/changes.diff"].decode()


def test_objects_and_repository_lie_there_as_files(pack: bytes, ended: Order) -> None:
    names = opened(pack).keys()
    planned = drafting.content(plan_of(ended))
    for file in planned["repository"]["files"]:
        assert f"revisions/002/repository/{file['path']}" in names
    (on_cluster,) = planned["clusters"].values()
    own = [name for name in names if name.startswith("revisions/002/clusters/eu1-a/placement/")]
    assert len(own) == len(on_cluster["placement"])


def test_decisions_tell_person_capacity_time_digest_and_reason(pack: bytes, ended: Order) -> None:
    first, second = reader(pack)("changes.json")
    assert (first["status"], first["approvals"]) == ("canceled", [])
    (decision,) = second["approvals"]
    assert decision["at"]
    assert (decision["person"], decision["capacity"]) == ("local:bob", "prod-approvers")
    assert (decision["digest"], decision["reason"]) == (plan_of(ended).digest, "Fine.")


def test_runs_commit_reconciles_and_record_are_there(pack: bytes, ended: Order) -> None:
    read = reader(pack)
    steps = {run["step"] for run in read("timeline.json")}
    assert {"check", "draft", "prime", "await_delivery"} & steps
    assert read("commits.json")[0]["commit"] == ended.commit_sha
    assert read("reconciles.json")[0]["cluster"] == "eu1-a"
    assert read("record.json")["environment"] == "prod"


def test_the_audit_entries_of_the_order_are_there_and_no_others(pack: bytes, ended: Order) -> None:
    shown = [row["entry"]["id"] for row in rows(opened(pack)) if "entry" in row]
    own = Entry.objects.filter(object_uuid=ended.uuid).order_by("pk")
    assert shown == list(own.values_list("pk", flat=True))
    assert OTHERS.encode() not in pack
    assert b"Not yours." not in pack


def test_no_secret_is_in_it(pack: bytes) -> None:
    placement = Placement.objects.get()
    secrets = [*settings.BERTH_FIELD_KEYS, settings.SECRET_KEY]
    resolved = register.resolver(placement)("git")
    assert resolved
    for secret in (*secrets, resolved):
        assert secret.encode() not in pack


def test_an_order_under_way_gives_a_pack_that_says_so(portal: Portal, alice: User) -> None:
    order = portal.go_on(portal.order(alice, "prod"))
    pack = fetched(order, alice)
    assert findings(pack) == []
    assert reader(pack)("order.json")["finished"] is False
    assert b"This order is not finished." in opened(pack)["summary.html"]
    _, notes = verify.verify(pack)
    assert "not finished when the pack was made" in notes[-1]


def test_the_summary_reads_the_same_as_page_and_as_pdf(pack: bytes) -> None:
    files = opened(pack)
    assert b"local:bob" in files["summary.html"]
    assert b"Approved for prod-approvers" in files["summary.html"]
    assert files["summary.pdf"].startswith(b"%PDF-")


def test_a_step_tried_for_weeks_makes_no_endless_summary(ended: Order, alice: User) -> None:
    StepRun.objects.bulk_create(
        StepRun(order=ended, revision=9, step="prime", attempt=n, state="over") for n in range(400)
    )
    pack = fetched(ended, alice)
    assert findings(pack) == []
    missing = len(reader(pack)("timeline.json")) - summary.MOST_LINES
    told = f"The first {missing} lines are left out here; timeline.json has all of them."
    assert told in opened(pack)["summary.html"].decode()


def test_text_of_others_stays_text_in_the_summary() -> None:
    lines = [("<script>alert(1)</script>", "<b>&", "漢字 " * 900)]
    told = Summary("<h1>", "It ended.", [("<i>", "&amp;")], [Table("T", ("A", "B", "C"), lines)])
    assert b"<script>" not in summary.as_html(told)
    assert pdf.drawn(told).startswith(b"%PDF-")


# The same each time


def test_two_packs_of_the_same_rows_differ_in_the_manifest_only(
    pack: bytes, ended: Order, alice: User, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=3))
    seal()
    later = fetched(ended, alice)
    one, other = opened(pack), opened(later)
    assert [name for name in one if one[name] != other.get(name)] == [verify.MANIFEST]
    assert pack[: pack.index(verify.MANIFEST.encode())] == _up_to_manifest(later)
    stated = json.loads(other[verify.MANIFEST])["manifest"]
    before = json.loads(one[verify.MANIFEST])["manifest"]
    assert {name for name in stated if stated[name] != before[name]} == {"made"}


def _up_to_manifest(pack: bytes) -> bytes:
    return pack[: pack.index(verify.MANIFEST.encode())]


def test_a_pack_past_its_limit_is_refused_and_leaves_no_entry(
    ended: Order, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "MEGABYTE", 50)
    with pytest.raises(EvidenceTooLarge):
        actions.fetch_evidence(ended, by=alice)
    assert not Entry.objects.filter(verb="fetched evidence").exists()


# Who gets it


def test_each_fetch_is_noted_with_the_hash_of_the_manifest(ended: Order, audra: User) -> None:
    files = opened(in_browser(audra, ended))
    entry = Entry.objects.get(verb="fetched evidence")
    told = json.loads(files[verify.MANIFEST])["sha256"]
    assert entry.actor == audra.ident
    assert entry.object_name == f"Evidence of Order {ended.pk}"
    assert entry.changes == {"manifest": [None, f"sha256:{told}"]}


def test_whoever_may_read_the_evidence_gets_the_pack(ended: Order, alice: User) -> None:
    assert findings(in_browser(alice, ended)) == []


def test_a_stranger_gets_the_same_answer_as_for_no_order(ended: Order, charlie: User) -> None:
    browser = browser_of(charlie)
    there = browser.get(f"/orders/{ended.pk}/evidence/pack/")
    absent = browser.get("/orders/999999/evidence/pack/")
    assert (there.status_code, absent.status_code) == (404, 404)
    assert not Entry.objects.filter(verb="fetched evidence").exists()


def test_a_machine_fetches_packs_of_its_tenants(ended: Order) -> None:
    token, text = doing.make_token("auditing", Scope.ORDERS_READ, by=SYSTEM)
    machine = Client(headers={"Authorization": f"Bearer {text}"})
    address = f"/api/v1/orders/{ended.uuid}/evidence-pack"
    assert machine.get(address).status_code == 404
    grant_sight(token, ended.tenant, by=SYSTEM)
    answer = machine.get(address)
    assert answer.headers["Content-Type"] == "application/zip"
    assert findings(b"".join(answer.streaming_content)) == []  # type: ignore[attr-defined]  # a stream
    assert Entry.objects.get(verb="fetched evidence").actor == token.actor.ident


def test_a_pack_that_is_too_large_is_told_in_words(
    ended: Order, audra: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "MEGABYTE", 50)
    page = browser_of(audra).get(f"/orders/{ended.pk}/evidence/pack/")
    assert "The evidence is larger than a pack may be" in page.text
    told = browser_of(audra).get(f"/api/v1/orders/{ended.uuid}/evidence-pack")
    assert told.json()["code"] == "evidence.too-large"


def test_the_button_stands_where_evidence_is_read(ended: Order, alice: User) -> None:
    page = browser_of(alice).get(f"/orders/{ended.pk}/evidence/").text
    assert f'href="/orders/{ended.pk}/evidence/pack/"' in page
