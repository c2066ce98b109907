"""Calling a policy decision point: one POST of JSON, of whose answers only a whole one counts.

Any status but 200, another type, half a body, one that is too long or drips, a key that stands
twice: all of that ends as Unclear. What the answer means is for whoever asked.
"""

import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NoReturn

import urllib3
from urllib3 import exceptions

from portal import reaching
from portal.errors import TrustUnreadable
from portal.outbound import WayOut
from portal.reaching import Tried, failed, went

LARGEST = 65_536  # bytes of an answer
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)([:/]|$)")
STATUSES = {
    401: ("source_refused", "does not take the token"),
    403: ("source_refused", "does not let the portal ask"),
    404: ("source_refused", "knows no such address"),
    429: ("source_busy", "is asked too often"),
}
ITSELF = (
    "Make sure that `url` leads to the decision point itself, and that this answers as the "
    "Authorization API 1.0 says."
)
# what to change, by status or by code
CHANGES: Mapping[int | str, str] = {
    **dict.fromkeys((301, 302, 303, 307, 308, 400, 405), ITSELF),
    401: "Put a token that it takes where `token` says.",
    403: "Let the account that the token is of ask for evaluations.",
    404: "Correct the path of `url`: the whole address of the evaluation endpoint, or none.",
    429: "Let Berth ask more often, or let hints repeat a permit longer: `permit_seconds`.",
    "source_failing": "Look at its log of this moment.",
    "source_malformed": ITSELF,
    "source_timeout": "Make it quicker, or raise `deadline_seconds`.",
    "source_unreachable": "Make sure that it runs, and that what is between lets calls through.",
}


@dataclass(frozen=True)
class DecisionPoint:
    """Where the decision point is, and what it is told.

    `url` is the whole address of its evaluation endpoint: https, or http on loopback. `claims`
    names what is sent of the claims; nothing else of them leaves. An answer may take `seconds`.
    `batch_url` is where several questions are asked at once, or "".
    """

    url: str
    token: str = field(default="", repr=False)
    claims: Sequence[str] = ()
    seconds: float = 2.0
    batch_url: str = ""


class Unclear(Exception):
    """What came back is no answer that counts; the sentence is for operators."""

    def __init__(self, code: str, sentence: str, *, status: int = 0) -> None:
        self.code = code
        self.change = CHANGES.get(status) or CHANGES.get(code, "")
        super().__init__(sentence)


class Line:
    """The way to a decision point.

    Connections are made for each question: none is stale, or shared with a forked process.
    """

    def __init__(self, point: DecisionPoint, way: WayOut) -> None:
        self._point = point
        # on loopback there is nobody to call through a proxy, who would read the token in plain
        self._way = WayOut(way.bundle) if LOOPBACK.match(point.url) else way

    def said(self, url: str, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the endpoint answers. Raises Unclear."""
        return _parsed(self._body(url, question))

    def tried(
        self, question: Mapping[str, Any], shown: Callable[[str], str]
    ) -> Generator[Tried, None, Mapping[str, Any] | None]:
        """Go the way stage by stage to a whole answer, and return that.

        `shown` is what makes foreign text fit to be shown.
        """
        point = self._point
        if not (yield from reaching.reached(point.url, self._way, seconds=point.seconds)):
            return None
        stage, began = "Answer", monotonic()
        try:
            body = self._body(point.url, question)
            yield went(stage, f"Status 200 in {(monotonic() - began) * 1000:.0f} ms.")
            stage = "JSON"
            said = _parsed(body)
        except Unclear as error:
            yield failed(stage, shown(str(error)), error.change)
            return None
        yield went(stage, shown(f"An object with {', '.join(sorted(said)) or 'nothing in it'}."))
        return said

    def _body(self, url: str, question: Mapping[str, Any]) -> bytes:
        """Return the body of a whole answer of status 200."""
        ends = monotonic() + self._point.seconds
        try:
            with self._way.pool(url, trust=self._way.trust()) as pool:
                answer = pool.request(
                    "POST",
                    url,
                    body=json.dumps(question).encode(),
                    headers=self._headers(),
                    timeout=urllib3.Timeout(total=self._point.seconds),
                    preload_content=False,
                    redirect=False,
                    retries=False,
                )
                body = _whole(answer, ends)
                answer.close()
        except TrustUnreadable as error:
            raise Unclear("source_unreachable", error.detail) from error
        except exceptions.HTTPError as error:
            raise _unreached(error) from error
        _check_status(answer, body)
        return body

    def _headers(self) -> Mapping[str, str]:
        authorization = {"Authorization": f"Bearer {self._point.token}"}
        return {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            **(authorization if self._point.token else {}),
        }


def _check_status(answer: urllib3.BaseHTTPResponse, body: bytes) -> None:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.status == 200 and kind == "application/json":
        return
    if answer.status == 200:
        raise Unclear("source_malformed", f"It answered with {kind or 'no type'}, not JSON.")
    failing = ("source_failing", "fails" if answer.status >= 500 else "did not answer as asked")
    code, words = STATUSES.get(answer.status, failing)
    told = f"It {words}: status {answer.status}. {body.decode(errors='replace')}"
    raise Unclear(code, told, status=answer.status)


def _whole(answer: urllib3.BaseHTTPResponse, ends: float) -> bytes:
    """Read a body to its end. Raises Unclear where it is too long or too slow."""
    body = b""
    while some := answer.read1(LARGEST + 1, decode_content=False):
        body += some
        if len(body) > LARGEST:
            raise Unclear("source_malformed", f"Its answer is longer than {LARGEST} bytes.")
        if monotonic() > ends:
            raise Unclear("source_timeout", "It did not answer in time.")
    return body


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        told = body.decode(errors="replace")
        raise Unclear("source_malformed", f"It answered what is no JSON: {told}") from error
    if not isinstance(said, dict):
        raise Unclear("source_malformed", f"It answered what is no object: {said}")
    return said


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object in which a key stands twice: nobody knows which of them is meant."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _unreached(error: exceptions.HTTPError) -> Unclear:
    if isinstance(error, exceptions.SSLError):
        return Unclear("source_unreachable", f"Its certificate does not prove who it is: {error}")
    # a refused connection is a kind of time-out to the library
    refused = isinstance(error, exceptions.NewConnectionError)
    if isinstance(error, exceptions.TimeoutError) and not refused:
        return Unclear("source_timeout", "It did not answer in time.")
    if isinstance(error, exceptions.IncompleteRead | exceptions.ProtocolError):
        return Unclear("source_unreachable", "It broke off in the middle of its answer.")
    cause = error.__cause__
    why = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(error)
    return Unclear("source_unreachable", f"It could not be reached: {why}")
