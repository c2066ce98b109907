"""How the answers of several sources become one. Pure, and closed by default."""

from collections.abc import Sequence

from onboarding.ports import Answer, Outcome

NO_SOURCE = Answer(
    Outcome.UNKNOWN,
    "none",
    "no_source",
    "No entitlement source is configured, so nobody is permitted.",
    remedy="An operator has to configure an entitlement source.",
)


def combined(answers: Sequence[Answer]) -> Answer:
    """Return the answer that counts: a deny, else a source that cannot tell, else a permit.

    Sources that all stay silent deny: what no rule permits is not permitted.
    """
    for outcome in (Outcome.DENY, Outcome.UNKNOWN, Outcome.PERMIT):
        for answer in answers:
            if answer.outcome is outcome:
                return answer
    return _nobody_permits(answers) if answers else NO_SOURCE


def _nobody_permits(answers: Sequence[Answer]) -> Answer:
    remedies = " ".join(dict.fromkeys(answer.remedy for answer in answers if answer.remedy))
    return Answer(
        Outcome.DENY,
        ", ".join(answer.source for answer in answers),
        "nobody_permits",
        "No rule and no group of yours permits this.",
        remedy=remedies,
        evidence={answer.source: answer.reason_code for answer in answers},
        revision=" ".join(answer.revision for answer in answers if answer.revision),
    )
