"""Entitlement from what the identity provider said at sign-in, by JMESPath expressions.

An expression sees `{claims, query}`. Only a plain `true` of one permits; what is neither true,
false nor null is UNKNOWN, and so are claims that have grown old.

    permits:
      - when: "claims.department == query.tenant && query.environment != 'prod'"
        reason: Departments may order everything but prod.
        remedy: Ask your line manager to correct your department.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import prod
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult

from onboarding.entitlement import issued
from onboarding.entitlement.fields import Fields
from onboarding.ports import Answer, Outcome, Query
from portal.errors import storable
from portal.outbound import WayOut

LONGEST = 1_000  # characters of an expression
LARGEST = 65_536  # bytes of claims as JSON
KEPT = 300  # characters of a claim in evidence
ELSEWHERE = "_claim_names"  # claims that a provider left out of the token, such as too many groups
TEXTS = {"when", "reason", "remedy"}
STEEPEST = 1_000  # copies of the claims that an expression may make
ADDING = ("multi_select_list", "multi_select_dict", "or_expression", "and_expression", "comparator")

Tree = Mapping[str, Any]  # an expression as the library has read it


@dataclass(frozen=True)
class Expression:
    """When something is permitted, or denied, and what the person reads then."""

    when: str
    reason: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Rules:
    """A deny that holds wins over every permit. Claims older than `oldest` say nothing.

    `issuer` is whose claims are heard; "" is everybody's.
    """

    permits: Sequence[Expression]
    denies: Sequence[Expression] = ()
    oldest: timedelta = timedelta(hours=12)
    issuer: str = ""


class _Unclear(Exception):
    """The claims give no answer that counts; the sentence is for people."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        self.code = code
        self.remedy = remedy
        super().__init__(sentence)


AGAIN = "Sign out and sign in again."
OPERATOR = "An operator has to look at the expressions and at what the identity provider sends."


class ClaimEntitlements:
    """The source `claims`. Somebody without claims, as with a local account, meets silence."""

    def __init__(self, rules: Rules, clock: Callable[[], datetime], *, name: str) -> None:
        self.name = name
        self._rules = rules
        self._clock = clock

    @classmethod
    def from_settings(
        cls, name: str, fields: Fields, _way: WayOut, *, clock: Callable[[], datetime]
    ) -> "ClaimEntitlements":
        """Return the source with `permits`, `denies`, `oldest_minutes` and `issuer`.

        Raises FieldsUnfit.
        """
        rules = Rules(
            permits=_listed(fields, "permits"),
            denies=_listed(fields, "denies"),
            oldest=timedelta(minutes=fields.number("oldest_minutes", 720, least=1, most=525_600)),
            issuer=fields.text("issuer", ""),
        )
        if not rules.permits and not rules.denies:
            fields.fault("`permits` or `denies` must hold an expression.")
        fields.done()
        return cls(rules, clock, name=name)

    def check(self, query: Query) -> Answer:
        """Answer from the claims that the query carries."""
        if not query.claims or not self._is_heard(query):
            return self._answer(
                Outcome.SILENT, "no_claims", "No identity provider has said anything of you here."
            )
        try:
            return self._decided(query)
        except _Unclear as error:
            return self._answer(Outcome.UNKNOWN, error.code, str(error), remedy=error.remedy)

    def _is_heard(self, query: Query) -> bool:
        return not self._rules.issuer or bool(issued.subject(query, self._rules.issuer))

    def _decided(self, query: Query) -> Answer:
        expires_at = self._expiry(query)
        _check_size(query.claims)
        for outcome, code, expressions in (
            (Outcome.DENY, "denied_by_claims", self._rules.denies),
            (Outcome.PERMIT, "permitted_by_claims", self._rules.permits),
        ):
            held = _first_that_holds(expressions, query)
            if held:
                return self._by(held, outcome, code, query, expires_at)
        remedies = dict.fromkeys(each.remedy for each in self._rules.permits if each.remedy)
        return self._answer(
            Outcome.SILENT,
            "not_in_claims",
            "Nothing that your identity provider says of you permits this.",
            remedy=" ".join(remedies),
        )

    def _expiry(self, query: Query) -> datetime:
        """Return until when the claims may be relied on. Raises _Unclear once that is over."""
        old = "What your identity provider said of you at sign-in is too old to rely on."
        if query.claims_at is None or query.claims_at + self._rules.oldest <= self._clock():
            raise _Unclear("claims_old", old, AGAIN)
        return query.claims_at + self._rules.oldest

    def _by(
        self, held: Expression, outcome: Outcome, code: str, query: Query, expires_at: datetime
    ) -> Answer:
        said = "permits this" if outcome is Outcome.PERMIT else "refuses this"
        return Answer(
            outcome,
            self.name,
            code,
            held.reason or f"What your identity provider says of you {said}.",
            remedy=held.remedy if outcome is Outcome.DENY else "",
            evidence={"expression": held.when, "claims": _facts(held, query)},
            expires_at=expires_at,
        )

    def _answer(self, outcome: Outcome, code: str, reason: str, *, remedy: str = "") -> Answer:
        return Answer(outcome, self.name, code, reason, remedy=remedy)


def _first_that_holds(expressions: Sequence[Expression], query: Query) -> Expression | None:
    """Return the first expression that is true. Raises _Unclear if none is and one cannot tell."""
    unclear = None
    for expression in expressions:
        try:
            if _holds(expression, query):
                return expression
        except _Unclear as error:
            unclear = error
    if unclear:
        raise unclear
    return None


def _holds(expression: Expression, query: Query) -> bool:
    try:
        parsed = _compiled(expression.when)
        _check_complete(parsed, query.claims)
        found = parsed.search({"claims": dict(query.claims), "query": _asked(query)})
    # what the library lets slip for odd values, such as a comparison of lists
    except (JMESPathError, TypeError, ValueError, LookupError, RecursionError) as error:
        raise _Unclear("claims_unfit", _cannot_tell(expression), OPERATOR) from error
    if found is not None and not isinstance(found, bool):
        raise _Unclear("claims_unfit", _cannot_tell(expression), OPERATOR)
    return found is True


def _check_complete(parsed: ParsedResult, claims: Mapping[str, Any]) -> None:
    """Refuse to decide by a claim that the provider has but did not send."""
    left_out = claims.get(ELSEWHERE)
    if isinstance(left_out, Mapping) and _words(parsed.parsed, "field") & set(left_out):
        words = "Your identity provider left out what is needed here, as it is too much."
        raise _Unclear("claims_incomplete", words, OPERATOR)


def _cannot_tell(expression: Expression) -> str:
    shown = expression.when if len(expression.when) <= KEPT else f"{expression.when[:KEPT]}…"
    return f"With your claims the expression {shown} is neither true nor false."


def _asked(query: Query) -> Mapping[str, Any]:
    return {
        "subject": query.subject,
        "groups": sorted(query.groups),
        "action": query.action,
        "tenant": query.tenant,
        "application": query.application,
        "environment": query.environment,
    }


def _check_size(claims: Mapping[str, Any]) -> None:
    """Bound what expressions work on: they have no loops, but go over lists in lists."""
    try:
        size = len(json.dumps(claims))
    except (TypeError, ValueError, RecursionError):
        size = LARGEST + 1
    if size > LARGEST:
        words = "Your identity provider says more of you than the portal looks at."
        raise _Unclear("claims_too_large", words, OPERATOR)


def _facts(expression: Expression, query: Query) -> Mapping[str, str]:
    """Return the claims that the expression speaks of, as text and cut."""
    spoken_of = _words(_compiled(expression.when).parsed, "field") & set(query.claims)
    told = {name: storable(json.dumps(query.claims[name])) for name in sorted(spoken_of)}
    return {
        name: text if len(text) <= KEPT else f"{text[: KEPT - 1]}…" for name, text in told.items()
    }


@lru_cache(maxsize=256)
def _compiled(when: str) -> ParsedResult:
    """Return the expression made ready. Raises JMESPathError."""
    return jmespath.compile(when)


def _listed(fields: Fields, key: str) -> Sequence[Expression]:
    """Read a list of expressions; faults are kept in the fields."""
    found = fields.raw(key, [])
    if not isinstance(found, list) or not all(_is_expression(each) for each in found):
        fields.fault(f"`{key}` must be a list of expressions with `when`, `reason` and `remedy`.")
        return ()
    expressions = [Expression(**each) for each in found]
    for number, expression in enumerate(expressions, start=1):
        for fault in faults_of(expression.when):
            fields.fault(f"`{key}` {number}: {fault}")
    return expressions


def _is_expression(found: object) -> bool:
    return (
        isinstance(found, dict)
        and "when" in found
        and set(found) <= TEXTS
        and all(isinstance(text, str) and text == storable(text) for text in found.values())
    )


def faults_of(when: str) -> Iterator[str]:
    """Say in words why an expression cannot be used, as far as that shows without any claims."""
    if len(when) > LONGEST:
        yield f"It has more than {LONGEST} characters."
        return
    try:
        tree = _compiled(when).parsed
        growth = _growth(tree)
    except JMESPathError as error:
        yield f"It cannot be read: {error}"
        return
    except RecursionError:
        yield "It is nested too deeply."
        return
    unknown = _words(tree, "function_expression") - set(Functions.FUNCTION_TABLE)
    if unknown:
        yield f"It uses what is no function: {', '.join(sorted(unknown))}."
    if not {"claims", "query"} & _words(tree, "field"):
        yield "It speaks neither of `claims` nor of `query`."
    if growth > STEEPEST:
        yield "It multiplies what it works on, so it could take for ever."


def _nodes(tree: Tree) -> Iterator[Tree]:
    yield tree
    for child in tree["children"]:
        # a slice has numbers for children
        if isinstance(child, dict):
            yield from _nodes(child)


def _words(tree: Tree, kind: str) -> set[str]:
    """Return the names of all fields, or of all functions."""
    return {str(node["value"]) for node in _nodes(tree) if node["type"] == kind}


def _growth(tree: Tree) -> int:
    """Return how many copies of its input an expression may hold at most.

    Selections add up what stands in them, and what follows upon another multiplies: without a
    bound, twenty times `[@, @]` would make a million.
    """
    parts = [_growth(child) for child in tree["children"] if isinstance(child, dict)]
    return max(1, sum(parts) if tree["type"] in ADDING else prod(parts))
