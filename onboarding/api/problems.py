"""Errors of orders as problem details: what happened, what it means, and what to do now."""

from typing import Any

from django.http import HttpResponse

from onboarding import messages
from portal.errors import (
    AmendsElsewhere,
    AnswersUnfit,
    BerthError,
    KeyReused,
    NameTaken,
    NameUnfit,
    NoCluster,
    PlanOutdated,
    ReasonMissing,
    ServiceExists,
    StartUnfit,
)
from portal.web import foreseen
from tenants.api import problems

# the field of the body, or the header, that an error is about
FIELDS: dict[type[BerthError], str] = {
    AmendsElsewhere: "environments",
    KeyReused: "Idempotency-Key",
    NameTaken: "name",
    NameUnfit: "name",
    NoCluster: "region",
    PlanOutdated: "digest",
    ReasonMissing: "reason",
    ServiceExists: "environments",
    StartUnfit: "not_before",
}


def as_problem(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return a foreseen error as a problem with its texts and the fields it is about."""
    known = foreseen(error)
    if known is None:
        return problems.as_problem(error, context)
    text = messages.of(known)
    extra = {"title": text.title, "meaning": text.body, "next_step": text.next_step}
    faults = list(_faults(known))
    return problems.of(known, **extra, **({"errors": faults} if faults else {}))


def _faults(error: BerthError) -> list[dict[str, str]]:
    if isinstance(error, AnswersUnfit):
        return [
            {"parameter": field, "detail": sentence}
            for field, sentences in error.faults.items()
            for sentence in sentences
        ]
    field = FIELDS.get(type(error))
    return [{"parameter": field, "detail": error.detail}] if field else []
