"""Why somebody was permitted or refused, for pages and for a terminal: who said what, and when."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onboarding.actions.supposing import Supposed
from onboarding.models import Evidence, Order

MOMENT = "%Y-%m-%d %H:%M:%S %Z"


@dataclass(frozen=True)
class Voice:
    """What one source answered; `facts` are names with what is known of them, in words."""

    source: str
    outcome: str
    reason_code: str
    reason: str
    facts: Sequence[tuple[str, str]]
    revision: str
    decision: str
    expires_at: str


def voices(evidence: Evidence) -> list[Voice]:
    """Return what each source answered; nothing is known of that from older versions."""
    return [
        Voice(
            source=one["source"],
            outcome=one["outcome"],
            reason_code=one["reason_code"],
            reason=one["reason"],
            facts=list(_in_words(one["facts"])),
            revision=one["revision"],
            decision=one["decision"],
            expires_at=one["expires_at"],
        )
        for one in evidence.heard
    ]


def _in_words(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield facts one by one; those inside others say whose they are."""
    for name, fact in sorted(facts.items()):  # a database keeps no order of them
        whole = f"{above} {name}".strip()
        if isinstance(fact, dict):
            yield from _in_words(fact, whole)
        elif isinstance(fact, list):
            yield whole, ", ".join(map(str, fact)) or "none"
        else:
            yield whole, str(fact)


def trace(order: Order) -> Iterator[str]:
    """Tell every answer that was kept about an order, oldest first, with what it rested on."""
    yield f"{order}: {order.title}, asked for by {order.requester.ident}"
    answers = order.evidence.all()
    if not answers:
        yield "Nothing was asked yet."
    for evidence in answers:
        yield ""
        yield from told(evidence)


def supposed(found: Supposed) -> Iterator[str]:
    """Tell what would be answered to a wish now, and what the portal itself would ask besides."""
    yield f"{found.wish.person.ident} would {found.wish}. Nothing was decided."
    yield ""
    if found.evidence is None:
        yield "No source is asked who may approve: BERTH_ENTITLEMENT_APPROVERS is off."
    else:
        yield from told(found.evidence)
    yield ""
    for each in found.conditions:
        stands = {True: "holds. ", False: "does not hold. ", None: ""}[each.holds]
        yield f"{each.name}: {stands}{each.words}"


def told(evidence: Evidence) -> Iterator[str]:
    """Tell one answer with what it rested on."""
    yield (
        f"{evidence.point}, {evidence.at.strftime(MOMENT)}, {evidence.person}: "
        f"{evidence.outcome} by {evidence.source} ({evidence.reason_code})"
    )
    yield from _lines(
        {
            "reason": evidence.reason,
            "remedy": evidence.remedy,
            "question": evidence.query_digest,
            "good until": evidence.expires_at.strftime(MOMENT) if evidence.expires_at else "",
        }
    )
    if evidence.heard:
        for one in evidence.heard:
            yield f"  {one['source']}: {one['outcome']} ({one['reason_code']})"
            yield from _lines(_of_source(one), indent=4)
    else:  # of an older version
        yield from _lines({"facts": _json(evidence.facts), "revision": evidence.policy_revision})


def _of_source(one: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        "reason": one["reason"],
        "facts": _json(one["facts"]),
        "revision": one["revision"],
        "decision": one["decision"],
        "asked": one["at"],
        "good until": one["expires_at"],
    }


def _lines(facts: Mapping[str, str], indent: int = 2) -> Iterator[str]:
    for name, value in facts.items():
        if value:
            yield f"{' ' * indent}{name}: {value}"


def _json(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, sort_keys=True) if facts else ""
