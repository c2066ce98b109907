"""How the answers of several sources become one. Pure, and closed by default.

A deny of anybody decides. Then every demand has to be met by a permit, and a source that cannot
tell stops it all, or leaves it to a person where the terms say so: it might have denied.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from onboarding.ports import Answer, Outcome

NO_SOURCE = Answer(
    Outcome.UNKNOWN,
    "none",
    "no_source",
    "No entitlement source is configured, so nobody is permitted.",
    remedy="An operator has to configure an entitlement source.",
)
HOPEFUL = (Outcome.PERMIT, Outcome.UNKNOWN, Outcome.REFERRED)


@dataclass(frozen=True)
class Demand:
    """Of these sources at least one has to permit."""

    sources: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """What has to hold for a permit: every demand.

    `referring` are the sources that leave it to a person when they cannot tell.
    """

    demands: tuple[Demand, ...] = ()
    referring: frozenset[str] = frozenset()


def one_of(sources: Collection[str]) -> Terms:
    """Return the terms by which the permit of one source is enough."""
    return Terms((Demand(tuple(sources)),) if sources else ())


def combined(answers: Sequence[Answer], terms: Terms) -> Answer:
    """Return the answer that counts: deny, else an unmet demand, else who cannot tell, else permit.

    What no rule permits is not permitted: a demand whose sources all stay silent denies.
    """
    if not terms.demands:
        return NO_SOURCE
    denied = _by(answers, Outcome.DENY)
    if denied:
        return denied[0]
    unmet = [each for each in terms.demands if not _by(_of(each, answers), *HOPEFUL)]
    if unmet:
        return _nobody_permits(unmet, answers)
    unknown = _by(answers, Outcome.UNKNOWN, Outcome.REFERRED)
    stopping = [answer for answer in unknown if answer.source not in terms.referring]
    if stopping:
        return replace(stopping[0], outcome=Outcome.UNKNOWN)  # no source refers to anybody itself
    return _referred(unknown) if unknown else _permitted(answers, terms)


def _by(answers: Sequence[Answer], *outcomes: Outcome) -> list[Answer]:
    return [answer for answer in answers if answer.outcome in outcomes]


def _of(demand: Demand, answers: Sequence[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.source in demand.sources]


def _nobody_permits(unmet: Sequence[Demand], answers: Sequence[Answer]) -> Answer:
    silent = [answer for demand in unmet for answer in _of(demand, answers)]
    names = [name for demand in unmet for name in demand.sources]
    reason = "No rule and no group of yours permits this."
    if _by(answers, Outcome.PERMIT):
        reason = f"It takes the permit of others too, and {', '.join(names)} did not give one."
    return Answer(
        Outcome.DENY,
        ", ".join(names),
        "nobody_permits",
        reason,
        remedy=" ".join(dict.fromkeys(answer.remedy for answer in silent if answer.remedy)),
        evidence={answer.source: answer.reason_code for answer in silent},
        revision=_revisions(silent),
    )


def _referred(unknown: Sequence[Answer]) -> Answer:
    names = ", ".join(answer.source for answer in unknown)
    why = " ".join(answer.reason for answer in unknown)
    return Answer(
        Outcome.REFERRED,
        names,
        "person_decides",
        f"Not everybody could tell ({names}), so a person decides. {why}".strip(),
        evidence={answer.source: answer.reason_code for answer in unknown},
        revision=_revisions(unknown),
    )


def _permitted(answers: Sequence[Answer], terms: Terms) -> Answer:
    """Return the permit of each demand as one; it holds no longer than any permit among them."""
    permits = [_by(_of(demand, answers), Outcome.PERMIT)[0] for demand in terms.demands]
    permits = list({answer.source: answer for answer in permits}.values())
    ends = [answer.expires_at for answer in _by(answers, Outcome.PERMIT) if answer.expires_at]
    until = min(ends, default=None)
    if len(permits) == 1:
        return replace(permits[0], expires_at=until)
    return Answer(
        Outcome.PERMIT,
        ", ".join(answer.source for answer in permits),
        "all_permit",
        " ".join(dict.fromkeys(answer.reason for answer in permits)),
        evidence={answer.source: dict(answer.evidence) for answer in permits},
        revision=_revisions(permits),
        decision=" ".join(answer.decision for answer in permits if answer.decision),
        expires_at=until,
    )


def _revisions(answers: Sequence[Answer]) -> str:
    return " ".join(answer.revision for answer in answers if answer.revision)
