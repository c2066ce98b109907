"""What lies in an evidence pack, file by file in order of their names.

The same rows give the same bytes: nothing here knows the time, or who asks. Plans hold references
and no secrets; people and evidence are told as the pages of the order tell them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import User
from audit import offline, segments
from audit.segments import Segment
from fleet import lookups as fleet
from onboarding import lookups
from onboarding.assessment.assessing import assessments_of
from onboarding.assessment.models import Assessment
from onboarding.calendar import glass
from onboarding.changes.models import Approval, Change, Question, Stage
from onboarding.display import exhibits, histories
from onboarding.evidence import pdf, summary
from onboarding.models import Order, Plan, Revision
from onboarding.plans import drafting
from tenants import export

File = tuple[str, Iterable[bytes]]
VERIFIER = Path(offline.__file__).with_name("verify.py")
README = """\
Evidence of {order}: {title}

summary.html, summary.pdf  what happened, for people
order.json                 the order as it stood
revisions/                 each revision: answers as they were sent, what was allotted, the plan.
                           The SHA-256 of plan.json is the digest that decisions name; clusters/,
                           record.yaml and repository/ show the same plan for people
assessments.json           risk and conflicts as they were when planned, approved and started
entitlement.json           each answer to "may this person do that?", with what it rested on
changes.json               change records and every decision: who, for whom, when, on what digest
timeline.json              every attempt at every step, with its errors
commits.json               what was pushed
emergencies.json           how it passed a freeze, by whom, and what the review found
reconciles.json            what Flux last said, by cluster
record.json                the service in the record
ledger.ndjson              the audit entries with their seals; entries about other records are
                           reduced to hashes, so that the chain can be followed
manifest.json              the hash of every file, who made the pack and when, the signature
verify.py                  checks all of this: python3 verify.py PACK.zip

Take verify.py from a place that you trust, not from the pack that it judges, and compare the
fingerprint that it tells with the one that the portal shows its auditors.
"""


def files(order: Order, segment: Segment) -> Iterator[File]:
    """Yield every file but the manifest. Each is made when it is asked for."""
    told = summary.of(order, segment)
    yield "README.txt", [README.format(order=order, title=order.title).encode()]
    yield "assessments.json", [as_json(_assessments(order))]
    yield "changes.json", [as_json(changes(order))]
    yield "commits.json", [as_json(_commits(order))]
    yield "emergencies.json", [as_json(_emergencies(order))]
    yield "entitlement.json", [as_json(_entitlement(order))]
    yield "ledger.ndjson", segments.lines(segment)
    yield "order.json", [as_json(_order(order))]
    yield "reconciles.json", [as_json(_reconciles(order))]
    yield "record.json", [as_json(_record(order))]
    for revision in order.revisions.select_related("made_by"):
        yield from _revision(revision)
    yield "summary.html", [summary.as_html(told)]
    yield "summary.pdf", [pdf.drawn(told)]
    yield "timeline.json", [as_json(timeline(order))]
    yield "verify.py", [VERIFIER.read_bytes()]


def as_json(value: Any) -> bytes:
    """Return JSON that people can read and that is the same for the same value."""
    text = json.dumps(value, cls=DjangoJSONEncoder, sort_keys=True, indent=1, ensure_ascii=False)
    return f"{text}\n".encode()


def _person(user: User) -> dict[str, str]:
    return {"ident": user.ident, "name": str(user)}


def _order(order: Order) -> dict[str, Any]:
    application, environment = order.application, order.environment
    return {
        "number": order.pk,
        "uuid": str(order.uuid),
        "kind": order.kind,
        "title": order.title,
        "tenant": {"slug": order.tenant.slug, "uuid": str(order.tenant.uuid)},
        "application": {"slug": application.slug, "uuid": str(application.uuid)},
        "environment": {"slug": environment.slug, "production": environment.production},
        "requester": _person(order.requester),
        "submitted_at": order.submitted_at,
        "revision": order.revision_number,
        "finished": order.is_over,
        "direction": order.direction,
        "back_reason": order.back_reason,
        "ended_as": order.ended_as,
        "ended_at": order.ended_at,
        "change": order.change_number,
        "change_started_at": order.change_started_at,
        "settled_at": order.settled_at,
    }


def changes(order: Order) -> list[dict[str, Any]]:
    """Return every change record of the order with the decisions on it, the first one first."""
    return [
        {
            **_columns(change, "id"),
            "stages": [_stage(each) for each in change.stages.all()],
            "approvals": [_approval(each) for each in change.approvals.all()],
            "questions": [_question(each) for each in change.questions.all()],
        }
        for change in lookups.changes_of(order)
    ]


def _approval(approval: Approval) -> dict[str, Any]:
    person = approval.person
    return {
        **_columns(approval, "id", "change_id", "person_id"),
        "person": person.ident,
        "person_name": str(person),
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {**_columns(stage, "id", "change_id"), "groups": stage.group_names}


def _question(question: Question) -> dict[str, Any]:
    answered_by = question.answered_by
    return {
        **_columns(question, "id", "change_id", "asked_by_id", "answered_by_id"),
        "asked_by": question.asked_by.ident,
        "answered_by": answered_by.ident if answered_by else "",
    }


def _columns(
    row: Assessment | Change | Approval | Stage | Question, *without: str
) -> dict[str, Any]:
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: getattr(row, name) for name in names if name not in without}


def _assessments(order: Order) -> list[dict[str, Any]]:
    """Return what was found each time; of the orders that were met, the tenant's own are named."""
    own = set(Order.objects.filter(tenant=order.tenant_id).values_list("pk", flat=True))
    return [
        _columns(each, "id", "order_uuid")
        | {"conflicts": [_met(met, own) for met in each.conflicts]}
        for each in assessments_of(order.uuid)
    ]


def _met(conflict: Mapping[str, Any], own: set[int]) -> dict[str, Any]:
    return {**conflict, "orders": [number for number in conflict["orders"] if number in own]}


def _emergencies(order: Order) -> list[dict[str, Any]]:
    """Return how the order passed the calendar, if it did, and what the review found."""
    return [
        {
            "incident": each.incident,
            "why": each.why,
            "asked_by": each.asked_by.ident,
            "asked_at": each.asked_at,
            "confirmed_by": each.confirmed_by.ident if each.confirmed_by else "",
            "confirmed_at": each.confirmed_at,
            "until": each.until,
            "review_due": each.review_due,
            "reviewed_by": each.reviewed_by.ident if each.reviewed_by else "",
            "reviewed_at": each.reviewed_at,
            "was_justified": each.was_justified,
            "review": each.review,
        }
        for each in glass.of(order.pk)
    ]


def _commits(order: Order) -> list[dict[str, Any]]:
    if not order.commit_sha:
        return []
    service = lookups.service_of(order).first()
    url = service.application.repository_url if service else ""
    return [{"repository": order.repository_name, "commit": order.commit_sha, "url": url}]


def _entitlement(order: Order) -> list[dict[str, Any]]:
    """Return the answers as the tab *Evidence* shows them."""
    return [
        {
            "point": each.point,
            "person": each.person,
            "at": each.at,
            "outcome": each.outcome,
            "source": each.source,
            "reason_code": each.reason_code,
            "reason": each.reason,
            "remedy": each.remedy,
            "policy_revision": each.policy_revision,
            "decision": each.decision,
            "expires_at": each.expires_at,
            "heard": [asdict(voice) for voice in voices],
        }
        for each, voices in histories.evidence_of(order)
    ]


def _reconciles(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "cluster": place.cluster.slug,
            "namespace": place.namespace,
            "placement": str(place.uuid),
            "lifecycle": place.lifecycle,
            "live_at": place.live_at,
            "rehearsal": place.cluster.is_rehearsal,
            "said": said and _columns_of_said(said),
        }
        for place, said in fleet.last_words(histories.placements_of(order))
    ]


def _columns_of_said(said: Any) -> dict[str, Any]:
    names = ("seen_at", "source", "kustomization", "source_revision", "attempted_revision")
    return {name: getattr(said, name) for name in (*names, "applied_revision", "reason", "message")}


def _record(order: Order) -> Any:
    """Return the service as other systems get it, or nothing before it is in the record."""
    return next(export.entries(lookups.service_of(order)), None)


def timeline(order: Order) -> list[dict[str, Any]]:
    """Return every attempt at every step, in the order in which they began."""
    return [
        {
            "step": run.step,
            "cluster": run.placement.cluster.slug if run.placement else None,
            "revision": run.revision,
            "attempt": run.attempt,
            "direction": run.direction,
            "state": run.state,
            "succeeded": run.succeeded,
            "started_at": run.started_at,
            "acted_at": run.acted_at,
            "finished_at": run.finished_at,
            "looks": run.looks,
            "note": run.note,
            "waits_for": run.waits_for,
            "error": run.error_code,
            "detail": run.error_detail,
        }
        for run in order.runs.select_related("placement__cluster")
    ]


def _revision(revision: Revision) -> Iterator[File]:
    """Yield what is kept of one revision."""
    plan = Plan.objects.filter(revision=revision).first()
    folder = f"revisions/{revision.number:03}"
    told = {
        "number": revision.number,
        "made_by": _person(revision.made_by),
        "made_at": revision.made_at,
        "why": revision.why,
        "change": revision.change_number,
        "digest": plan.digest if plan else "",
        "drafted_at": plan.drafted_at if plan else None,
        "choices": plan.choices if plan else {},
    }
    found = {
        "answers.json": as_json(revision.answers),
        "allotted.json": as_json(revision.allotted),
        "revision.json": as_json(told),
    }
    if plan:
        found |= {"plan.json": plan.desired.encode(), **_plan(plan)}
        before = _plan_before(revision)
        if before:
            found["changes.diff"] = _difference(before, plan)
    yield from ((f"{folder}/{name}", [found[name]]) for name in sorted(found))


def _plan_before(revision: Revision) -> Plan | None:
    earlier = Plan.objects.filter(
        revision__order=revision.order_id, revision__number__lt=revision.number
    )
    return earlier.order_by("-revision__number").first()


def _difference(before: Plan, plan: Plan) -> bytes:
    told = exhibits.changes(drafting.content(before), drafting.content(plan))
    return f"{told}\n".encode()


def _plan(plan: Plan) -> dict[str, bytes]:
    """Return the parts of a plan as people read them: objects as YAML, the repository as files."""
    desired = drafting.content(plan)
    found = {"record.yaml": _yaml(desired["record"])}
    for on_cluster in desired["clusters"].values():
        folder = f"clusters/{on_cluster['cluster']}"
        for part in ("tenant", "placement"):
            for number, entry in enumerate(on_cluster[part], 1):
                found[f"{folder}/{part}/{number:02}-{_named(entry['manifest'])}.yaml"] = _yaml(
                    entry["manifest"]
                )
    for file in desired["repository"].get("files", ()):
        found[f"repository/{file['path']}"] = file["content"].encode()
    return found


def _named(manifest: Mapping[str, Any]) -> str:
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    return f"{kind}-{name}".lower().replace("/", "-").replace(":", "-")


def _yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100).encode()
