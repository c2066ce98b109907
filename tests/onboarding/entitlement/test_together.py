"""A real directory and a real decision point, arranged by a file: both have to permit."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from onboarding import toolbox
from onboarding.entitlement import arrangement, seating
from onboarding.entitlement.asking import Sources
from onboarding.ports import Outcome
from portal.outbound import WayOut
from tests.contracts.entitlement_source import ASKED
from tests.onboarding.entitlement import decision_point, slapd
from tests.onboarding.entitlement.decision_point import TOKEN, Point
from tests.onboarding.entitlement.slapd import PASSWORD, Slapd

pytestmark = slapd.NEEDED

FILE = """
version: 1
sources:
  directory:
    kind: ldap
    url: {plain}
    bind_dn: {portal}
    password: {{variable: LDAP_PASSWORD}}
    issuer: local
    people: {people}
    person_filter: (uid={{}})
    groups: {groups}
    permits: ["{{tenant}}:{{environment}}:deployers"]
    deadline_seconds: 10
  policy:
    kind: authzen
    url: {point}
    token: {{variable: POLICY_TOKEN}}
    deadline_seconds: 10
"""
SECRETS = {"LDAP_PASSWORD": PASSWORD, "POLICY_TOKEN": TOKEN}


@pytest.fixture
def point(tmp_path: Path) -> Iterator[Point]:
    with decision_point.running(tmp_path) as made:
        made.granted.add("retail:dev:deployers")
        yield made


@pytest.fixture
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    member = slapd.group("retail:dev:deployers", slapd.person_dn("alice"))
    alice = [*slapd.people("alice"), member]
    with slapd.running(tmp_path_factory.mktemp("slapd"), alice) as running:
        yield running


@pytest.fixture
def sources(tmp_path: Path, point: Point, directory: Slapd) -> Sources:
    names = {"portal": slapd.PORTAL, "people": slapd.PEOPLE, "groups": slapd.GROUPS}
    text = FILE.format(plain=directory.plain, point=point.server.address, **names)
    (tmp_path / "sources.yaml").write_text(text)
    found = arrangement.read(tmp_path / "sources.yaml")
    kit = seating.Kit(toolbox.KINDS, variables=SECRETS.__getitem__, way=WayOut(point.bundle))
    seated = seating.seated(found, kit)
    assert seated.faults == []
    return Sources(seated.seats, found.terms)


def test_both_permit(sources: Sources) -> None:
    assert sources.ruling(ASKED).outcome is Outcome.PERMIT


def test_the_permit_of_one_is_not_enough(sources: Sources, point: Point) -> None:
    mallory = replace(ASKED, subject="local:mallory")  # the directory does not have her
    assert sources.ruling(mallory).outcome is Outcome.UNKNOWN
    point.granted.clear()
    assert sources.ruling(ASKED).outcome is Outcome.DENY


def test_a_decision_point_that_fails_is_no_permit(sources: Sources, point: Point) -> None:
    point.says({"decision": True}, status=503)
    assert sources.ruling(ASKED).outcome is Outcome.UNKNOWN


def test_a_directory_that_is_killed_is_no_permit(sources: Sources, directory: Slapd) -> None:
    directory.process.kill()
    directory.process.wait()
    ruling = sources.ruling(ASKED)
    assert ruling.outcome is Outcome.UNKNOWN
    assert PASSWORD not in repr(ruling)
    assert TOKEN not in repr(ruling)
