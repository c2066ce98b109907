"""Why somebody was permitted or refused, as lines for a terminal: who said what, and when."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from onboarding.models import Evidence, Order

MOMENT = "%Y-%m-%d %H:%M:%S %Z"


def trace(order: Order) -> Iterator[str]:
    """Tell every answer that was kept about an order, oldest first, with what it rested on."""
    yield f"{order}: {order.title}, asked for by {order.requester.ident}"
    answers = order.evidence.all()
    if not answers:
        yield "Nothing was asked yet."
    for evidence in answers:
        yield ""
        yield from _answer(evidence)


def _answer(evidence: Evidence) -> Iterator[str]:
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
