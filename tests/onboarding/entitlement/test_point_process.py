"""Whatever a decision point does that is a process of its own: a stop, or a person decides."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Sources
from onboarding.entitlement.combine import Demand, Terms, one_of
from onboarding.entitlement.seat import Seat
from onboarding.ports import Outcome
from tests.contracts.entitlement_source import ASKED
from tests.fleet import fake_api
from tests.onboarding.entitlement import point_process
from tests.onboarding.entitlement.point_process import TOKEN, PointProcess

YES = '{"decision": true, "context": {"id": "d-1"}}'
PERSON = Terms((Demand(("pdp",)),), frozenset({"pdp"}))


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PointProcess]:
    with point_process.running(tmp_path_factory.mktemp("point")) as made:
        yield made


@pytest.fixture
def point(process: PointProcess) -> PointProcess:
    process.does()
    return process


def code_of(point: PointProcess, *, seconds: float = 5) -> str:
    """Ask, see that nobody is permitted and that a person may decide, and return the reason."""
    seat = point.seat(seconds=seconds)
    stops = Sources([seat], one_of(["pdp"])).ruling(ASKED)
    refers = Sources([seat], PERSON).ruling(ASKED)
    assert (stops.outcome, refers.outcome) == (Outcome.UNKNOWN, Outcome.REFERRED)
    assert TOKEN not in f"{stops!r} {refers!r}"
    return stops.reason_code


def test_it_permits_and_refuses_when_nothing_is_wrong(point: PointProcess) -> None:
    sources = Sources([point.seat()], one_of(["pdp"]))
    ruling = sources.ruling(ASKED)
    assert (ruling.outcome, ruling.revision) == (Outcome.PERMIT, "r-1")
    assert sources.ruling(replace(ASKED, groups=frozenset())).outcome is Outcome.DENY


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "too many calls": ({"status": 429, "body": YES}, "source_busy"),
    "a fault": ({"status": 500, "body": YES}, "source_failing"),
    "away": ({"status": 503, "body": YES}, "source_failing"),
    "who are you": ({"status": 401, "body": YES}, "source_refused"),
    "you may not": ({"status": 403, "body": YES}, "source_refused"),
    "made": ({"status": 201, "body": YES}, "source_failing"),
    "half its body": ({"body": YES, "length": 500}, "source_unreachable"),
    "half its head": ({"body": YES, "sent": 30}, "source_malformed"),
    "nothing": ({"sent": 0}, "source_unreachable"),
    "a reset": ({"sent": 0, "then": "resets"}, "source_unreachable"),
    "a reset in the middle": ({"body": YES, "length": 500, "then": "resets"}, "source_unreachable"),
    "another type": ({"body": YES, "type": "text/html"}, "source_malformed"),
    "no type": ({"body": YES, "type": ""}, "source_malformed"),
    "a body without end": ({"body": YES, "padding": 70_000}, "source_malformed"),
    "nests without end": ({"body": "[" * 60_000}, "source_malformed"),
    "a page": ({"body": "<html>Sign in</html>"}, "source_malformed"),
    "half of JSON": ({"body": YES[:20]}, "source_malformed"),
    "a list": ({"body": f"[{YES}]"}, "source_malformed"),
    "answers to several": ({"body": f'{{"evaluations": [{YES}]}}'}, "source_malformed"),
    "a text": ({"body": '{"decision": "true"}'}, "source_malformed"),
    "a number": ({"body": '{"decision": 1}'}, "source_malformed"),
    "no decision": ({"body": "{}"}, "source_malformed"),
    "two decisions": ({"body": '{"decision": true, "decision": true}'}, "source_malformed"),
    "no and yes": ({"body": '{"decision": false, "decision": true}'}, "source_malformed"),
    "yes, and an error": ({"body": '{"decision": true, "error": "no database"}'}, "undecided"),
    "yes, and an error inside": (
        {"body": '{"decision": true, "context": {"error": {"status": 500}}}'},
        "undecided",
    ),
    "yes, with a duty": (
        {"body": '{"decision": true, "context": {"obligations": ["a second one"]}}'},
        "obliged",
    ),
    "a yes that is over": (
        {"body": '{"decision": true, "context": {"expires_at": "2020-01-01T00:00:00Z"}}'},
        "source_malformed",
    ),
}


@pytest.mark.parametrize(("deed", "code"), FAULTS.values(), ids=FAULTS)
def test_a_fault_permits_nobody(point: PointProcess, deed: dict[str, Any], code: str) -> None:
    point.does(**deed)
    assert code_of(point) == code


SLOW = {
    "before it says a word": {"body": YES, "wait": 20},
    "byte by byte": {"body": YES, "pause": 0.02},
    "byte by byte after its head": {"body": YES, "padding": 30_000, "pause": 0.001},
}


@pytest.mark.parametrize("deed", SLOW.values(), ids=SLOW)
def test_one_that_is_slow_is_not_waited_for(point: PointProcess, deed: dict[str, Any]) -> None:
    point.does(**deed)
    assert code_of(point, seconds=0.4) == "source_timeout"


def test_nobody_is_sent_elsewhere(point: PointProcess, tmp_path: Path) -> None:
    with point_process.running(tmp_path, tls=False) as elsewhere:
        for status in (301, 302, 307, 308):
            there = {"Location": f"{elsewhere.address}/access/v1/evaluation"}
            point.says(YES, status=status, headers=there)
            assert code_of(point) == "source_failing"
        assert elsewhere.asked() == []


def test_whose_certificate_nobody_vouches_for_is_told_nothing(
    point: PointProcess, tmp_path: Path
) -> None:
    before = len(point.asked())
    (tmp_path / "other.pem").write_bytes(fake_api.certificate()[0])
    stranger = PointProcess(port=point.port, pem=point.pem, bundle=tmp_path / "other.pem")
    assert code_of(stranger) == "source_unreachable"
    assert len(point.asked()) == before


def test_whose_certificate_is_of_another_name_is_told_nothing(point: PointProcess) -> None:
    before = len(point.asked())
    elsewhere = point.source(url=f"https://localhost:{point.port}/access/v1/evaluation")
    answer = elsewhere.check(ASKED)
    assert "certificate" in str(answer.evidence["error"])
    assert len(point.asked()) == before


def test_killed_in_the_middle_of_its_answer_it_has_permitted_nobody(tmp_path: Path) -> None:
    with point_process.running(tmp_path) as point:
        point.says(YES, length=500, then="dies")
        seat = point.seat()
        assert Sources([seat], one_of(["pdp"])).ruling(ASKED).reason_code == "source_unreachable"
        point.process.wait()
        assert code_of(point) == "source_unreachable"
        point.start()
        assert Sources([seat], one_of(["pdp"])).ruling(ASKED).outcome is Outcome.PERMIT


def test_stopped_in_its_tracks_it_is_not_waited_for(tmp_path: Path) -> None:
    with point_process.running(tmp_path) as point:
        point.freeze()
        assert code_of(point, seconds=0.4) == "source_timeout"


def test_one_that_fails_is_left_alone_for_a_while_and_permits_nobody_meanwhile(
    point: PointProcess,
) -> None:
    point.does(status=503)
    seat = Seat(point.source(), Limits(failures=2))
    sources, before = Sources([seat], one_of(["pdp"])), len(point.asked())
    codes = [sources.ruling(ASKED).reason_code for _ in range(4)]
    assert codes == ["source_failing", "source_failing", "source_resting", "source_resting"]
    assert len(point.asked()) == before + 2
