"""Entitlement from a policy decision point, by the OpenID AuthZEN Authorization API 1.0.

Every question is one POST to `/access/v1/evaluation`. What is no whole and clear answer is UNKNOWN:
any status but 200, half a body, a decision that is no boolean, a decision beside an error.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, NoReturn
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions

from onboarding.entitlement.fields import Fields
from onboarding.ports import Answer, Outcome, Query
from portal.errors import TrustUnreadable, storable
from portal.outbound import WayOut

PATH = "/access/v1/evaluation"  # where the standard puts it
LARGEST = 65_536  # bytes of an answer
SHOWN = 300  # characters of foreign text
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)([:/]|$)")
TOKEN = re.compile(r"[!-~]*")
CODE = re.compile(r"[A-Za-z0-9_.:-]+")  # what is no sentence but a word for programs
STATUSES = {
    401: ("source_refused", "does not take the token"),
    403: ("source_refused", "does not let the portal ask"),
    404: ("source_refused", "knows no such address"),
    429: ("source_busy", "is asked too often"),
}


@dataclass(frozen=True)
class DecisionPoint:
    """Where the decision point is, and what it is told.

    `url` is the whole address of its evaluation endpoint: https, or http on loopback. `claims`
    names what is sent of the claims; nothing else of them leaves. An answer may take `seconds`.
    """

    url: str
    token: str = field(default="", repr=False)
    claims: Sequence[str] = ()
    seconds: float = 2.0


class _Unclear(Exception):
    """What came back is no answer that counts; the sentence is for operators."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


class AuthZenEntitlements:
    """The source `authzen`. The decision point knows all rules, so its `false` is a deny.

    Connections are made for each question: none is stale, or shared with a forked process.
    """

    def __init__(
        self, point: DecisionPoint, way: WayOut, clock: Callable[[], datetime], *, name: str
    ) -> None:
        self.name = name
        self._point = point
        # on loopback there is nobody to call through a proxy, who would read the token in plain
        self._way = WayOut(way.bundle) if LOOPBACK.match(point.url) else way
        self._clock = clock

    @classmethod
    def from_settings(
        cls, name: str, fields: Fields, way: WayOut, *, clock: Callable[[], datetime]
    ) -> "AuthZenEntitlements":
        """Return the source with the fields `url`, `token` and `claims`. Raises FieldsUnfit.

        An address without a path is that of the decision point: the standard says where on it.
        """
        url = fields.address("url", ("https", "http"))
        if url.startswith("http:") and not LOOPBACK.match(url):
            fields.fault("`url` must begin with https://, for it is not on loopback.")
        if url and not urlsplit(url).path:
            url = f"{url}{PATH}"
        token = fields.secret("token", required=False)
        if not TOKEN.fullmatch(token):
            fields.fault("`token` names a text that is no token: it holds spaces or odd letters.")
        claims = fields.texts("claims", ())
        fields.done()
        return cls(DecisionPoint(url, token, claims, fields.deadline), way, clock, name=name)

    def check(self, query: Query) -> Answer:
        """Answer as the decision point does now."""
        try:
            said = _parsed(self._said(query))
            return self._answer(said, _context(said))
        except _Unclear as error:
            return Answer(
                Outcome.UNKNOWN,
                self.name,
                error.code,
                f"The decision point {self.name} gave no answer that counts.",
                remedy="Try again in a few minutes. If it lasts, an operator has to look at it.",
                evidence={"error": self._shown(str(error))},
            )

    def _said(self, query: Query) -> bytes:
        """Return the body of a whole answer of status 200. Raises _Unclear."""
        ends = monotonic() + self._point.seconds
        try:
            with self._way.pool(self._point.url, trust=self._way.trust()) as pool:
                answer = pool.request(
                    "POST",
                    self._point.url,
                    body=json.dumps(self._question(query)).encode(),
                    headers=self._headers(),
                    timeout=urllib3.Timeout(total=self._point.seconds),
                    preload_content=False,
                    redirect=False,
                    retries=False,
                )
                body = _whole(answer, ends)
                answer.close()
        except TrustUnreadable as error:
            raise _Unclear("source_unreachable", error.detail) from error
        except exceptions.HTTPError as error:
            raise _unreached(error) from error
        self._check_status(answer, body)
        return body

    def _check_status(self, answer: urllib3.BaseHTTPResponse, body: bytes) -> None:
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if answer.status == 200 and kind == "application/json":
            return
        if answer.status == 200:
            raise _Unclear("source_malformed", f"It answered with {kind or 'no type'}, not JSON.")
        failing = ("source_failing", "fails" if answer.status >= 500 else "did not answer as asked")
        code, words = STATUSES.get(answer.status, failing)
        raise _Unclear(code, f"It {words}: status {answer.status}. {body.decode(errors='replace')}")

    def _headers(self) -> Mapping[str, str]:
        authorization = {"Authorization": f"Bearer {self._point.token}"}
        return {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            **(authorization if self._point.token else {}),
        }

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
            raise _Unclear("source_malformed", f"Its decision is {decision!r}, no true or false.")
        if said.get("error") or context.get("error"):
            wrong = said.get("error") or context.get("error")
            raise _Unclear("undecided", f"It says {decision}, and an error at once: {wrong}")
        if decision and context.get("obligations"):
            raise _Unclear("obliged", "It permits only with obligations, which nobody here meets.")
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


def _whole(answer: urllib3.BaseHTTPResponse, ends: float) -> bytes:
    """Read a body to its end. Raises _Unclear where it is too long or too slow."""
    body = b""
    while some := answer.read1(LARGEST + 1, decode_content=False):
        body += some
        if len(body) > LARGEST:
            raise _Unclear("source_malformed", f"Its answer is longer than {LARGEST} bytes.")
        if monotonic() > ends:
            raise _Unclear("source_timeout", "It did not answer in time.")
    return body


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        told = body.decode(errors="replace")
        raise _Unclear("source_malformed", f"It answered what is no JSON: {told}") from error
    if not isinstance(said, dict):
        raise _Unclear("source_malformed", f"It answered what is no object: {said}")
    return said


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object in which a key stands twice: nobody knows which of them is meant."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _context(said: Mapping[str, Any]) -> Mapping[str, Any]:
    context = said.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise _Unclear("source_malformed", "Its `context` is no object.")
    return context


def _expiry(context: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return until when the answer holds, if it says so. Raises _Unclear."""
    given = context.get("expires_at")
    if given is None:
        return None
    try:
        expires_at = datetime.fromisoformat(given)
        is_over = expires_at <= now
    except (TypeError, ValueError) as error:  # no text, no time, or one without a zone
        raise _Unclear("source_malformed", "Its `expires_at` is no time with a zone.") from error
    if is_over:
        raise _Unclear("source_malformed", "Its answer had expired when it came.")
    return expires_at


def _unreached(error: exceptions.HTTPError) -> _Unclear:
    if isinstance(error, exceptions.SSLError):
        return _Unclear("source_unreachable", f"Its certificate does not prove who it is: {error}")
    # a refused connection is a kind of time-out to the library
    refused = isinstance(error, exceptions.NewConnectionError)
    if isinstance(error, exceptions.TimeoutError) and not refused:
        return _Unclear("source_timeout", "It did not answer in time.")
    if isinstance(error, exceptions.IncompleteRead | exceptions.ProtocolError):
        return _Unclear("source_unreachable", "It broke off in the middle of its answer.")
    cause = error.__cause__
    why = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(error)
    return _Unclear("source_unreachable", f"It could not be reached: {why}")
