"""Entitlement from a policy decision point, by the OpenID AuthZEN Authorization API 1.0.

A question is one POST to `/access/v1/evaluation`; where that is wanted, several together are one to
`/access/v1/evaluations`. What is no whole and clear answer is UNKNOWN: what `decision_point`
refuses, a decision that is no boolean or stands beside an error, fewer answers than questions.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from onboarding.entitlement.decision_point import LOOPBACK, DecisionPoint, Line, Unclear
from onboarding.entitlement.fields import Fields
from onboarding.ports import Answer, Outcome, Query
from portal.errors import storable
from portal.outbound import WayOut
from portal.reaching import Stages, failed, went

PATH = "/access/v1/evaluation"  # where the standard puts it; for several questions with an s
SHOWN = 300  # characters of foreign text
WITHOUT_DOUBT = "Let it answer `true` or `false` without errors and obligations beside it."
TOKEN = re.compile(r"[!-~]*")
CODE = re.compile(r"[A-Za-z0-9_.:-]+")  # what is no sentence but a word for programs


class AuthZenEntitlements:
    """The source `authzen`. The decision point knows all rules, so its `false` is a deny."""

    def __init__(
        self, point: DecisionPoint, way: WayOut, clock: Callable[[], datetime], *, name: str
    ) -> None:
        self.name = name
        self._point = point
        self._line = Line(point, way)
        self._clock = clock

    @classmethod
    def from_settings(
        cls, name: str, fields: Fields, way: WayOut, *, clock: Callable[[], datetime]
    ) -> "AuthZenEntitlements":
        """Return the source with the fields `url`, `token`, `claims` and `batch`.

        An address without a path is that of the decision point: the standard says where on it.
        Raises FieldsUnfit.
        """
        url = _address(fields)
        token = fields.secret("token", required=False)
        if not TOKEN.fullmatch(token):
            fields.fault("`token` names a text that is no token: it holds spaces or odd letters.")
        claims = fields.texts("claims", ())
        batch_url = _batch_address(fields, url)
        fields.done()
        point = DecisionPoint(url, token, claims, fields.deadline, batch_url)
        made = AuthZenBatches if batch_url else cls
        return made(point, way, clock, name=name)

    def check(self, query: Query) -> Answer:
        """Answer as the decision point does now."""
        try:
            return self._read(self._line.said(self._point.url, self._question(query)))
        except Unclear as error:
            return self._unknown(error)

    @property
    def where(self) -> str:
        """The address of its evaluation endpoint."""
        return self._point.url

    def probe(self, query: Query) -> Stages:
        """Try the way to it, its answer, and whether that is a decision."""
        said = yield from self._line.tried(self._question(query), self._shown)
        if said is None:
            return
        try:
            answer = self._read(said)
        except Unclear as error:
            yield failed("Decision", self._shown(str(error)), error.change or WITHOUT_DOUBT)
        else:
            yield went("Decision", f"{answer.outcome.value}: {answer.reason}")

    def _read(self, said: object) -> Answer:
        if not isinstance(said, dict):
            raise Unclear("source_malformed", f"An answer of it is no object: {said}")
        return self._answer(said, _context(said))

    def _unknown(self, error: Unclear) -> Answer:
        return Answer(
            Outcome.UNKNOWN,
            self.name,
            error.code,
            f"The decision point {self.name} gave no answer that counts.",
            remedy="Try again in a few minutes. If it lasts, an operator has to look at it.",
            evidence={"error": self._shown(str(error))},
        )

    def _question(self, query: Query) -> Mapping[str, Any]:
        told = {name: query.claims[name] for name in self._point.claims if name in query.claims}
        return {
            "subject": {
                "type": "user",
                "id": query.subject,
                "properties": {"groups": sorted(query.groups), "claims": told},
            },
            "action": {"name": query.action},
            "resource": {
                "type": "application",
                "id": f"{query.tenant}/{query.application}",
                "properties": {
                    "tenant": query.tenant,
                    "application": query.application,
                    "environment": query.environment,
                },
            },
            "context": {
                "time": self._clock().isoformat(),
                "claims_at": query.claims_at.isoformat() if query.claims_at else None,
            },
        }

    def _answer(self, said: Mapping[str, Any], context: Mapping[str, Any]) -> Answer:
        decision = said.get("decision")
        if not isinstance(decision, bool):
            raise Unclear("source_malformed", f"Its decision is {decision!r}, no true or false.")
        if said.get("error") or context.get("error"):
            wrong = said.get("error") or context.get("error")
            raise Unclear("undecided", f"It says {decision}, and an error at once: {wrong}")
        if decision and context.get("obligations"):
            raise Unclear("obliged", "It permits only with obligations, which nobody here meets.")
        number = self._text(context, "decision_id") or self._text(context, "id")
        return Answer(
            Outcome.PERMIT if decision else Outcome.DENY,
            self.name,
            "permitted_by_point" if decision else "denied_by_point",
            self._reason(context, decision=decision),
            remedy="" if decision else self._remedy(context, number),
            evidence={"decision": decision, **self._facts(context)},
            revision=self._text(context, "policy_revision")[:100],
            decision=number[:100],
            expires_at=_expiry(context, self._clock()),
        )

    def _reason(self, context: Mapping[str, Any], *, decision: bool) -> str:
        given = self._text(context, "reason_user") or self._text(context, "reason")
        own = f"{self.name} permits this." if decision else f"{self.name} does not permit this."
        return f"{own} It says: {given}." if CODE.fullmatch(given) else given or own

    def _remedy(self, context: Mapping[str, Any], number: str) -> str:
        named = f" and name the decision {number}" if number else ""
        own = f"Ask those who look after {self.name} what is missing{named}."
        return self._text(context, "remedy") or own

    def _facts(self, context: Mapping[str, Any]) -> Mapping[str, str]:
        """Return what the decision point told beside its decision, as text and cut."""
        told = json.dumps(context, sort_keys=True) if context else ""
        return {"context": self._shown(told)} if told else {}

    def _text(self, context: Mapping[str, Any], key: str) -> str:
        """Return a text of the context, or the English one of a text in several languages."""
        found = context.get(key)
        if isinstance(found, dict):
            english = [found[each] for each in sorted(found) if each.startswith("en")]
            found = (english or [found[each] for each in sorted(found)] or [""])[0]
        if isinstance(found, int) and not isinstance(found, bool):
            found = str(found)
        return self._shown(found) if isinstance(found, str) else ""

    def _shown(self, text: str) -> str:
        """Return foreign text cut and storable, without the token, should it repeat that."""
        if self._point.token:
            text = text.replace(self._point.token, "********")
        text = storable(text)
        return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


class AuthZenBatches(AuthZenEntitlements):
    """The source `authzen` of a decision point that answers several questions at once."""

    def check_all(self, queries: Sequence[Query]) -> Sequence[Answer]:
        """Answer every query, in their order, by one call. One that is malformed is UNKNOWN."""
        # whole questions without defaults: who takes it for a single question finds none in it
        asked = {
            "evaluations": [self._question(query) for query in queries],
            "options": {"evaluations_semantic": "execute_all"},
        }
        try:
            found = _evaluations(self._line.said(self._point.batch_url, asked), len(queries))
        except Unclear as error:
            return [self._unknown(error)] * len(queries)
        return [self._one(said) for said in found]

    def _one(self, said: object) -> Answer:
        try:
            return self._read(said)
        except Unclear as error:
            return self._unknown(error)


def _address(fields: Fields) -> str:
    url = fields.address("url", ("https", "http"))
    if url.startswith("http:") and not LOOPBACK.match(url):
        fields.fault("`url` must begin with https://, for it is not on loopback.")
    return f"{url}{PATH}" if url and not urlsplit(url).path else url


def _batch_address(fields: Fields, url: str) -> str:
    """Return where several questions go at once, if they may: beside the single ones."""
    if not fields.flag("batch", default=False):
        return ""
    if url and not url.endswith("/evaluation"):
        fields.fault("`batch` takes a `url` without a path, or one that ends in /evaluation.")
    return f"{url}s"


def _evaluations(said: Mapping[str, Any], asked: int) -> Sequence[object]:
    """Return the answers, one for each question. Raises Unclear where that cannot be known."""
    found = said.get("evaluations")
    if "decision" in said or said.get("error"):
        raise Unclear("source_malformed", f"It decides all at once, or tells an error: {said}")
    if not isinstance(found, list) or len(found) != asked:
        number = len(found) if isinstance(found, list) else "no"
        raise Unclear("source_malformed", f"It gave {number} answers to {asked} questions.")
    return found


def _context(said: Mapping[str, Any]) -> Mapping[str, Any]:
    context = said.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise Unclear("source_malformed", "Its `context` is no object.")
    return context


def _expiry(context: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return until when the answer holds, if it says so. Raises Unclear."""
    given = context.get("expires_at")
    if given is None:
        return None
    try:
        expires_at = datetime.fromisoformat(given)
        is_over = expires_at <= now
    except (TypeError, ValueError) as error:  # no text, no time, or one without a zone
        raise Unclear("source_malformed", "Its `expires_at` is no time with a zone.") from error
    if is_over:
        raise Unclear("source_malformed", "Its answer had expired when it came.")
    return expires_at
