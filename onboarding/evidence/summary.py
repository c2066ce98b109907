"""The summary of an evidence pack: what people read first, once for HTML and PDF alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.template.loader import render_to_string

from audit.segments import Segment
from onboarding import lookups
from onboarding.assessment.assessing import assessments_of
from onboarding.changes.models import Approval
from onboarding.display import histories
from onboarding.models import Order
from tenants.catalogue import ChangeType

MOST_LINES = 300
SHOWN = (
    "verify.py shows that no byte of this pack was changed, removed or added since it was made, "
    "and that the audit rows of this order continue one another without a gap: rows of other "
    "records between them are there as hashes, so that none about this order can hide among them."
)
NOT_SHOWN = (
    "Whoever changes a pack can make all hashes fit again, and sign it with a key of their own. "
    "That this pack is the portal's is shown by the fingerprint of its key, which auditors find "
    "under Audit, Changes; by the hash of the manifest, which the ledger keeps for every pack that "
    "is fetched; or by a copy of the anchor file that was kept elsewhere (--anchors)."
)
BEYOND = (
    "It does not show that the portal wrote down the truth. Approval and freeze cover orders, not "
    "what the team releases by itself into its repository."
)
LIMITS = (SHOWN, NOT_SHOWN, BEYOND)


@dataclass(frozen=True)
class Table:
    """A part of the summary: a title, heads of columns, and lines; `empty` where there are none."""

    title: str
    heads: Sequence[str]
    lines: Sequence[Sequence[str]]
    empty: str = "None."
    left_out: str = ""  # says how many lines are missing in front, and where all of them are


@dataclass(frozen=True)
class Summary:
    """What stands in the summary, in its order."""

    title: str
    state: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    limits: Sequence[str] = LIMITS


def of(order: Order, segment: Segment) -> Summary:
    """Return the summary of an order as it stands."""
    return Summary(
        title=f"Evidence of {order}: {order.heading}",
        state=_state(order),
        facts=_facts(order, segment),
        tables=(
            _cut(_decisions(order), "changes.json"),
            _cut(_assessments(order), "assessments.json"),
            _cut(_revisions(order), "revisions/"),
            _cut(_answers(order), "entitlement.json"),
            _cut(_steps(order), "timeline.json"),
        ),
    )


def _cut(table: Table, whole: str) -> Table:
    """Return the table with the last MOST_LINES lines: a step may have been tried for weeks."""
    missing = len(table.lines) - MOST_LINES
    if missing <= 0:
        return table
    left_out = f"The first {missing} lines are left out here; {whole} has all of them."
    return replace(table, lines=table.lines[missing:], left_out=left_out)


def as_html(summary: Summary) -> bytes:
    """Return the summary as a page that needs nothing besides."""
    return render_to_string("onboarding/evidence_summary.html", {"summary": summary}).encode()


def moment(at: datetime | None) -> str:
    """Return a time in UTC, whoever reads it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else ""


def _state(order: Order) -> str:
    if not order.is_over:
        return "This order is not finished. What follows is how it stood when the pack was made."
    return f"The order ended as {order.get_ended_as_display().lower()}, {moment(order.ended_at)}."


def _facts(order: Order, segment: Segment) -> list[tuple[str, str]]:
    plan = histories.plan_of(order)
    places = histories.placements_of(order)
    seals = f"seals {segment.first} to {segment.last}" if segment.last else "none sealed"
    waiting = f", {segment.waiting} waiting for a seal" if segment.waiting else ""
    anchor = segment.anchor
    known = [
        ("Tenant", order.tenant.name),
        ("Environment", _environment(order)),
        ("Asked by", f"{order.requester} ({order.requester.ident})"),
        ("Submitted", moment(order.submitted_at)),
        ("Change", order.change_number),
        ("Started", moment(order.change_started_at)),
        ("Digest", plan.digest if plan else ""),
        ("Clusters", ", ".join(sorted(each.cluster.slug for each in places))),
        ("Repository", order.repository_name),
        ("Commit", order.commit_sha),
        ("Taken back because", order.back_reason),
        ("Audit entries", f"{segment.rows}, {seals}{waiting}"),
        ("Anchored", f"seal {anchor.seq}, {anchor.anchored_at}" if anchor else "not yet"),
    ]
    return [(name, value) for name, value in known if value]


def _environment(order: Order) -> str:
    name = order.environment.name
    return f"{name} (production)" if order.environment.production else name


def _decision(approval: Approval) -> str:
    said = f"{approval.get_decision_display()} for {approval.capacity}"
    taken = approval.taken_back_at
    if taken is None:
        return said
    return f"{said}, taken back {moment(taken)}: {approval.taken_back_why}"


def _decisions(order: Order) -> Table:
    lines = []
    for change in lookups.changes_of(order):
        state = change.get_status_display()
        if change.type == ChangeType.STANDARD:
            lines.append((change.number, "policy", state, moment(change.opened_at), "", ""))
        lines += [
            (
                change.number,
                f"{each.person} ({each.person.ident})",
                _decision(each),
                moment(each.at),
                each.digest[:16],
                each.reason,
            )
            for each in change.approvals.all()
        ]
    heads = ("Change", "Who", "Decision", "When", "Digest", "Reason")
    return Table("Decisions", heads, lines, "Nobody has decided.")


def _assessments(order: Order) -> Table:
    lines = [
        (
            each.get_occasion_display(),
            str(each.revision),
            f"{each.risk} (impact {each.impact}, likelihood {each.likelihood})",
            "; ".join(f"{one['rule']}: {one['because']}" for one in each.trace),
            " ".join(one["words"] for one in each.conflicts),
        )
        for each in assessments_of(order.uuid)
    ]
    heads = ("When", "Revision", "Risk", "Rules that counted", "Other orders met")
    return Table("Risk and conflicts", heads, lines, "Not assessed yet.")


def _revisions(order: Order) -> Table:
    lines = [
        (str(each.number), str(each.made_by), moment(each.made_at), each.why or "As submitted.")
        for each in order.revisions.select_related("made_by")
    ]
    return Table("Revisions", ("Revision", "By", "When", "Why"), lines)


def _answers(order: Order) -> Table:
    lines = [
        (moment(each.at), each.point, each.person, each.outcome, each.source, each.reason)
        for each in order.evidence.all()
    ]
    heads = ("When", "Asked at", "About", "Answer", "Source", "Reason")
    return Table("Entitlement", heads, lines, "Nothing was asked.")


def _steps(order: Order) -> Table:
    lines = [
        (
            moment(run.started_at),
            f"{run.step} {run.placement.cluster.slug if run.placement else ''}".strip(),
            f"{run.direction}, attempt {run.attempt}",
            _outcome(run.state, succeeded=run.succeeded),
            run.error_code or run.note,
        )
        for run in order.runs.select_related("placement__cluster")
    ]
    return Table("Timeline", ("Began", "Step", "Way", "Outcome", "Note"), lines)


def _outcome(state: str, *, succeeded: bool | None) -> str:
    return {True: "done", False: "not done", None: state}[succeeded]
