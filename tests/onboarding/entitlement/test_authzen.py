"""What a decision point says counts only if it is whole, clear and of who it should be."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from onboarding.entitlement.authzen import AuthZenEntitlements
from onboarding.entitlement.decision_point import LARGEST
from onboarding.entitlement.fields import Fields, FieldsUnfit
from onboarding.ports import Answer, Outcome
from portal.clock import now
from portal.outbound import WayOut
from tests.conftest import START
from tests.contracts.entitlement_source import ASKED
from tests.fleet import fake_api
from tests.onboarding.entitlement import decision_point
from tests.onboarding.entitlement.decision_point import JSON, TOKEN, Point, blurting


@pytest.fixture
def point(tmp_path: Path) -> Iterator[Point]:
    with decision_point.running(tmp_path) as made:
        yield made


def error_of(answer: Answer) -> str:
    assert answer.outcome is Outcome.UNKNOWN
    assert TOKEN not in repr(answer)
    return str(answer.evidence["error"])


def test_the_question_is_in_the_words_of_the_standard(point: Point) -> None:
    claims = {"department": "payments", "salary": 1}
    point.source().check(replace(ASKED, claims=claims, claims_at=START))
    (asked,) = point.server.asked
    assert (asked.method, asked.path) == ("POST", "/access/v1/evaluation")
    assert asked.body["subject"] == {
        "type": "user",
        "id": "local:alice",
        "properties": {
            "groups": ["retail:dev:deployers"],
            "claims": {"department": "payments"},
        },
    }
    assert asked.body["action"] == {"name": "onboard"}
    assert asked.body["resource"]["type"] == "application"
    assert asked.body["resource"]["id"] == "retail/basket"
    assert asked.body["context"]["claims_at"] == START.isoformat()


OKAY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STATUSES = {
    400: "source_failing",
    401: "source_refused",
    403: "source_refused",
    404: "source_refused",
    429: "source_busy",
    500: "source_failing",
    503: "source_failing",
    204: "source_failing",
    302: "source_failing",
}


@pytest.mark.parametrize(("status", "code"), STATUSES.items())
def test_any_other_status_permits_nobody_and_is_told(point: Point, status: int, code: str) -> None:
    headers = JSON | ({"Location": "/elsewhere"} if status == 302 else {})
    point.says({"decision": True}, status=status, headers=headers)
    answer = point.source().check(ASKED)
    assert f"status {status}" in error_of(answer)
    assert answer.reason_code == code
    assert len(point.server.asked) == 1


MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>Sign in</html>",
    "half": b'{"decision": tr',
    "no object": b"true",
    "a list": b'[{"decision": true}]',
    "no decision": b"{}",
    "a text": b'{"decision": "true"}',
    "a number": b'{"decision": 1}',
    "null": b'{"decision": null}',
    "a list of one": b'{"decision": [true]}',
    "two decisions": b'{"decision": false, "decision": true}',
    "a context that is a text": b'{"decision": true, "context": "fine"}',
    "no number of JSON": b'{"decision": true, "context": {"id": NaN}}',
    "a number without an end": b'{"decision": true, "context": {"id": ' + b"9" * 5000 + b"}}",
    "another encoding": '{"decision": true}'.encode("utf-16"),
    "a nest without an end": b'{"decision": true, "context": ' + b"[" * 60_000,
    "an expiry without a zone": b'{"decision": true, "context": {"expires_at": "2126-01-01"}}',
    "an expiry that is a number": b'{"decision": true, "context": {"expires_at": 4900000000}}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_answer_permits_nobody(point: Point, body: bytes) -> None:
    point.says(body)
    answer = point.source().check(ASKED)
    assert error_of(answer)
    assert answer.reason_code == "source_malformed"


CONTRADICTORY: dict[str, Any] = {
    "true and an error": {"decision": True, "error": "no database"},
    "true and an error in its context": {"decision": True, "context": {"error": {"status": 500}}},
    "true with obligations": {"decision": True, "context": {"obligations": ["ask a second one"]}},
    "false and an error": {"decision": False, "context": {"error": "risk engine is away"}},
}


@pytest.mark.parametrize("said", CONTRADICTORY.values(), ids=CONTRADICTORY.keys())
def test_an_answer_that_contradicts_itself_permits_nobody(point: Point, said: Any) -> None:
    point.says(said)
    answer = point.source().check(ASKED)
    assert error_of(answer)
    assert not answer.reason_code.startswith("source_")


def test_an_answer_of_another_type_permits_nobody(point: Point) -> None:
    point.says({"decision": True}, headers={"Content-Type": "text/html"})
    assert "text/html" in error_of(point.source().check(ASKED))


def test_half_an_answer_permits_nobody(point: Point) -> None:
    point.says({"decision": True, "context": {"id": "x" * 200}}, cut=True)
    answer = point.source().check(ASKED)
    assert "broke off" in error_of(answer)
    assert answer.reason_code == "source_unreachable"


def test_an_answer_without_an_end_permits_nobody(point: Point) -> None:
    point.says(b'{"decision": true, "context": {"x": "' + b"x" * LARGEST + b'"}}')
    assert "longer than" in error_of(point.source().check(ASKED))


def test_a_point_that_hangs_is_not_waited_for(point: Point) -> None:
    point.server.hang = True
    answer = point.source(seconds=0.2).check(ASKED)
    assert error_of(answer) == "It did not answer in time."
    assert answer.reason_code == "source_timeout"


def test_a_point_that_drips_is_not_waited_for(point: Point) -> None:
    head = OKAY + b"Content-Length: 60\r\n\r\n"
    with blurting(head + b'{"decision": ' + b" " * 47, pause=0.01) as url:
        answer = point.source(url=url, seconds=0.3).check(ASKED)
    assert answer.reason_code == "source_timeout"


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le",
        b"HTTP/1.1 999999 What\r\n\r\n",
        OKAY + b"Transfer-Encoding: chunked\r\n\r\nzz",
        OKAY + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
    ],
)
def test_what_is_no_whole_answer_of_http_permits_nobody(point: Point, words: bytes) -> None:
    with blurting(words) as url:
        answer = point.source(url=url).check(ASKED)
    assert error_of(answer)
    assert answer.reason_code.startswith("source_")


def test_a_refused_connection_permits_nobody(point: Point) -> None:
    answer = point.source(url="https://127.0.0.1:1/access/v1/evaluation").check(ASKED)
    assert error_of(answer) == "It could not be reached: Connection refused"
    assert answer.reason_code == "source_unreachable"


def test_a_point_whose_certificate_nobody_vouches_for_is_not_even_asked(
    point: Point, tmp_path: Path
) -> None:
    point.bundle.write_bytes(fake_api.certificate()[0])
    assert "certificate" in error_of(point.source().check(ASKED))
    assert point.server.asked == []
    point.bundle.unlink()
    assert "cannot be read" in error_of(point.source().check(ASKED))


def test_a_point_that_repeats_the_token_does_not_make_it_known(point: Point) -> None:
    point.says({"error": f"no such token: {TOKEN}"}, status=401)
    assert "no such token: ********" in error_of(point.source().check(ASKED))
    point.says({"decision": False, "context": {"reason": f"Bearer {TOKEN} may not."}})
    assert TOKEN not in repr(point.source().check(ASKED))
    assert TOKEN not in repr(vars(point.source()))


def test_what_it_says_beside_its_decision_is_kept(point: Point) -> None:
    context = {
        "reason_user": {"de": "Nein.", "en-403": "Prod is closed."},
        "remedy": "Wait for January.",
        "decision_id": "d-4711",
        "policy_revision": "r-12",
    }
    point.says({"decision": False, "context": context})
    answer = point.source().check(ASKED)
    assert (answer.outcome, answer.reason) == (Outcome.DENY, "Prod is closed.")
    assert answer.remedy == "Wait for January."
    assert (answer.decision, answer.revision) == ("d-4711", "r-12")
    assert json.loads(answer.evidence["context"]) == context


def test_a_reason_that_is_a_word_for_programs_is_put_into_a_sentence(point: Point) -> None:
    point.says({"decision": False, "context": {"reason": "policy_denied", "id": 7}})
    answer = point.source().check(ASKED)
    assert answer.reason == "pdp does not permit this. It says: policy_denied."
    assert answer.remedy.endswith("and name the decision 7.")


def test_foreign_text_is_cut_and_can_be_kept(point: Point) -> None:
    point.says(
        b'{"decision": false, "context": {"reason": "a\\u0000\\ud800 ' + b"b" * 9_000 + b'"}}'
    )
    answer = point.source().check(ASKED)
    assert len(answer.reason) <= 300
    assert "\0" not in answer.reason
    assert answer.reason.encode()


def test_an_answer_holds_until_its_own_expiry(point: Point) -> None:
    point.says({"decision": True, "context": {"expires_at": "2026-11-23T09:05:00Z"}})
    with time_machine.travel(START, tick=False):
        assert point.source().check(ASKED).expires_at == START + timedelta(minutes=5)
    with time_machine.travel(START + timedelta(minutes=5), tick=False):
        assert "had expired" in error_of(point.source().check(ASKED))


def made(**values: Any) -> AuthZenEntitlements:
    fields = Fields(values, deadline=2, variables={"PDP_TOKEN": "two words"}.__getitem__)
    return AuthZenEntitlements.from_settings("pdp", fields, WayOut(), clock=now)


def test_every_fault_of_its_configuration_is_told_at_once() -> None:
    with pytest.raises(FieldsUnfit) as told:
        made(url="http://pdp.example.com/x", token={"variable": "PDP_TOKEN"}, tokn="x")
    assert len(told.value.faults) == 3
    assert "two words" not in str(told.value)


def test_an_address_without_a_path_gets_that_of_the_standard(point: Point) -> None:
    point.says({"decision": True})
    for url, path in (("", "/access/v1/evaluation"), ("/", "/"), ("/a/evaluate", "/a/evaluate")):
        fields = Fields({"url": f"{point.server.address}{url}"}, deadline=2, variables=str)
        source = AuthZenEntitlements.from_settings("pdp", fields, WayOut(point.bundle), clock=now)
        assert source.check(ASKED).outcome is Outcome.PERMIT
        assert point.server.asked[-1].path == path
