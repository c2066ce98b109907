"""What may count as an answer of a source: anything else becomes UNKNOWN, in words."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from onboarding.ports import Answer, Outcome
from portal.clock import now
from portal.errors import storable

# UNKNOWN with a code that begins like this: the source failed, not the question. Only these count
# for the breaker, so that nobody can switch a source off for others.
FAILED = "source_"
# the longest texts that are kept, in characters
LENGTHS = {
    "reason_code": 60,
    "reason": 2000,
    "remedy": 2000,
    "revision": 200,
    "decision": 200,
}
LARGEST_EVIDENCE = 20_000  # characters of JSON
DEEPEST_EVIDENCE = 20  # lists and mappings in one another


def is_failure(answer: Answer) -> bool:
    """Say whether the answer tells that the source failed."""
    return answer.outcome is Outcome.UNKNOWN and answer.reason_code.startswith(FAILED)


def unknown(source: str, code: str, reason: str, **facts: str) -> Answer:
    """Return what counts where a source gave no answer; `reason` goes on after its name."""
    return Answer(
        Outcome.UNKNOWN,
        source,
        code,
        f"{source} {reason}",
        remedy="Try again in a minute. If it lasts, tell the operators.",
        evidence=facts,
    )


def checked(answer: object, source: str) -> Answer:
    """Return the answer with its texts cut to what can be kept, or UNKNOWN if it is none."""
    if not isinstance(answer, Answer) or not _is_formed(answer):
        return unknown(source, "source_malformed", "answered something that cannot be understood.")
    evidence = _kept(answer.evidence)
    if answer.outcome is Outcome.PERMIT and evidence is None:
        return unknown(source, "source_malformed", "gave no evidence that can be kept.")
    if answer.outcome is Outcome.PERMIT and answer.expires_at and answer.expires_at <= now():
        return unknown(source, "permit_over", "gave a permit that was over already.")
    texts: dict[str, Any] = {
        name: storable(getattr(answer, name))[:most] for name, most in LENGTHS.items()
    }
    return replace(answer, source=source, evidence=evidence or {}, **texts)


def _is_formed(answer: Any) -> bool:
    """Say whether the types are those that are promised; nobody else has looked."""
    ends = answer.expires_at
    return (
        isinstance(answer.outcome, Outcome)
        and answer.outcome is not Outcome.REFERRED
        and all(isinstance(getattr(answer, name), str) for name in LENGTHS)
        and (ends is None or (isinstance(ends, datetime) and ends.utcoffset() is not None))
    )


def _kept(evidence: object) -> Mapping[str, Any] | None:
    """Return evidence as JSON gives it back, or None for what cannot be kept."""
    try:
        text = storable(json.dumps(evidence, allow_nan=False, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return None
    # brackets in texts count too, which does no harm
    nested = accumulate({"{": 1, "[": 1, "}": -1, "]": -1}.get(char, 0) for char in text)
    if len(text) > LARGEST_EVIDENCE or max(nested) > DEEPEST_EVIDENCE:
        return {"cut": text[:LARGEST_EVIDENCE]}
    found = json.loads(text)
    return found if isinstance(found, dict) else None
