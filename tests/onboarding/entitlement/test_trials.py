"""Trying the connection to a source, stage by stage, against real servers and real faults."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from onboarding.entitlement.authzen import AuthZenEntitlements
from onboarding.entitlement.decision_point import DecisionPoint
from onboarding.entitlement.directory import Directory, Groups, People
from onboarding.entitlement.file import FileEntitlements
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.ldap import LdapEntitlements, Naming
from onboarding.ports import Query
from portal.clock import now
from portal.outbound import WayOut
from portal.reaching import Tried
from tests.contracts.entitlement_source import ASKED
from tests.fleet import fake_api
from tests.onboarding.entitlement import decision_point, slapd
from tests.onboarding.entitlement.decision_point import TOKEN, Point
from tests.onboarding.entitlement.slapd import PASSWORD, Slapd, group, group_dn, person_dn

CLOSED = "127.0.0.1:1"


def last(rows: Sequence[Tried]) -> Tried:
    """Return the last row; every row before it went well."""
    assert all(row.ok for row in rows[:-1]), rows
    return rows[-1]


def failure(rows: Sequence[Tried]) -> tuple[str, str, str]:
    """Return what the one row says that failed, the last of all."""
    row = last(rows)
    assert row.ok is False
    assert row.change
    return row.stage, row.came_back, row.change


# LDAP


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    nested = group("payments", group_dn("retail:dev:deployers"))
    entries = [
        *slapd.people("alice"),
        group("retail:dev:deployers", person_dn("alice")),
        nested,
    ]
    with slapd.running(tmp_path_factory.mktemp("slapd"), entries) as running:
        yield running


def look(server: Slapd, query: Query = ASKED, **changes: Any) -> list[Tried]:
    """Try the directory as somebody has configured it."""
    bundle = changes.pop("bundle", server.bundle)
    groups = GroupEntitlements(["{tenant}:{environment}:deployers"], [], name="ad")
    directory: Directory = server.directory(**({"seconds": 2} | changes))
    return list(LdapEntitlements(directory, Naming("local"), WayOut(bundle), groups).probe(query))


@slapd.NEEDED
def test_a_directory_is_tried_up_to_the_groups_of_the_person(server: Slapd) -> None:
    rows = look(server)
    assert all(row.ok for row in rows)
    assert [row.stage for row in rows] == [
        *("Name", "Connection", "TLS", "Opening", "Sign-in", "People", "Groups", "Person"),
        "Groups of the person",
    ]
    assert rows[-1].came_back == "2 groups: payments, retail:dev:deployers"


@slapd.NEEDED
def test_a_directory_that_begins_tls_later_is_tried_in_that_order(server: Slapd) -> None:
    rows = look(server, url=server.plain, start_tls=True)
    assert [row.stage for row in rows][:4] == ["Name", "Connection", "StartTLS", "Sign-in"]
    assert all(row.ok for row in rows)


@slapd.NEEDED
def test_a_person_whom_the_directory_cannot_know_is_left_out(server: Slapd) -> None:
    row = last(look(server, Query("https://idp:7", frozenset(), "onboard", "retail", "a", "dev")))
    assert (row.stage, row.ok) == ("Person", None)
    assert row.came_back == "There is no subject of local to look for."


@slapd.NEEDED
@pytest.mark.parametrize(
    ("changes", "stage", "told", "change"),
    [
        ({"password": "wrong"}, "Sign-in", "invalidCredentials", "`password`"),
        ({"bind_dn": "cn=nobody,dc=example,dc=org"}, "Sign-in", "invalidCredentials", "`bind_dn`"),
        ({"people": People("ou=gone,dc=example,dc=org", "(uid={})")}, "People", "gone", "`people`"),
        ({"groups": Groups("ou=gone,dc=example,dc=org")}, "Groups", "noSuchObject", "`groups`"),
        ({"people": People(slapd.PEOPLE, "(sn=x{})")}, "Person", "no entries", "`person_filter`"),
        ({"people": People(slapd.PEOPLE, "(|(uid={})(uid=bob))")}, "", "", ""),
        ({"url": f"ldaps://{CLOSED}"}, "Connection", "Connection refused", "Start it"),
        ({"url": "ldaps://nowhere.invalid"}, "Name", "nowhere.invalid", "Correct the name"),
    ],
)
def test_a_directory_that_fails_says_where_and_what_to_change(
    server: Slapd, changes: dict[str, Any], stage: str, told: str, change: str
) -> None:
    rows = look(server, **changes)
    if not stage:
        assert all(row.ok for row in rows)
        return
    found = failure(rows)
    assert found[0] == stage
    assert told in found[1]
    assert change in found[2]


@slapd.NEEDED
@pytest.mark.parametrize("secret", ["wrong-password", PASSWORD])
def test_no_row_holds_the_password(server: Slapd, secret: str) -> None:
    assert secret not in repr(look(server, password=secret))


@slapd.NEEDED
def test_a_certificate_of_somebody_else_is_told(server: Slapd, tmp_path: Path) -> None:
    with fake_api.running(tmp_path) as other:
        (tmp_path / "other.pem").write_text(other.authority)
    found = failure(look(server, bundle=tmp_path / "other.pem"))
    assert found[0] == "TLS"
    assert "BERTH_CA_BUNDLE" in found[2]
    missing = failure(look(server, bundle=tmp_path / "missing.pem"))
    assert missing[0] == "TLS"
    assert "cannot be read" in missing[1]


@slapd.NEEDED
def test_tls_that_begins_with_somebody_else_is_told(server: Slapd, tmp_path: Path) -> None:
    with fake_api.running(tmp_path) as other:
        (tmp_path / "other.pem").write_text(other.authority)
    found = failure(look(server, bundle=tmp_path / "other.pem", url=server.plain, start_tls=True))
    assert found[0] == "StartTLS"
    assert "certificate" in found[1].lower()


def test_a_directory_that_says_nothing_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ldap://127.0.0.1:{silent.getsockname()[1]}"
        directory = Directory(url, "cn=berth", "x", People("dc=a", "(uid={})"), Groups("dc=a"))
        groups = GroupEntitlements([], [], name="ad")
        source = LdapEntitlements(directory, Naming("local"), WayOut(), groups)
        found = failure(list(source.probe(ASKED)))
    assert found[0] == "Sign-in"
    assert "deadline_seconds" in found[2]


# Decision points


@pytest.fixture
def point(tmp_path: Path) -> Iterator[Point]:
    with decision_point.running(tmp_path) as running:
        running.granted.add("retail:dev:deployers")
        yield running


def test_a_decision_point_is_tried_up_to_its_decision(point: Point) -> None:
    rows = list(point.source().probe(ASKED))
    assert all(row.ok for row in rows)
    stages = ["Name", "Connection", "TLS", "Answer", "JSON", "Decision"]
    assert [row.stage for row in rows] == stages
    assert rows[3].came_back.startswith("Status 200 in ")
    assert rows[-1].came_back.startswith("permit: ")


@pytest.mark.parametrize(
    ("body", "status", "stage", "change"),
    [
        ({"error": "who"}, 401, "Answer", "Put a token"),
        ({"error": "no"}, 403, "Answer", "Let the account"),
        ({}, 404, "Answer", "Correct the path"),
        ({}, 429, "Answer", "more often"),
        ({}, 503, "Answer", "its log"),
        ({}, 302, "Answer", "the decision point itself"),
        (b"{half", 200, "JSON", "`url`"),
        (b"[true]", 200, "JSON", "`url`"),
        ({"decision": "yes"}, 200, "Decision", "`url`"),
        ({"decision": True, "error": "but"}, 200, "Decision", "`true` or `false`"),
        (b"[" * 100_000, 200, "Answer", "`url`"),
    ],
)
def test_a_decision_point_that_fails_says_where_and_what_to_change(
    point: Point, body: Any, status: int, stage: str, change: str
) -> None:
    point.says(body, status)
    found = failure(list(point.source().probe(ASKED)))
    assert found[0] == stage
    assert change in found[2]
    assert len(found[1]) <= 300


def test_a_token_that_is_repeated_is_not_shown(point: Point) -> None:
    point.says({"error": f"no right for {TOKEN}\x00"}, 401)
    told = failure(list(point.source().probe(ASKED)))[1]
    assert TOKEN not in told
    assert "\0" not in told


def test_a_wrong_token_is_told(point: Point) -> None:
    found = failure(list(point.source(token="another").probe(ASKED)))
    assert found[:1] == ("Answer",)
    assert "status 401" in found[1]


def test_a_decision_point_of_somebody_elses_certificate_is_told(
    point: Point, tmp_path: Path
) -> None:
    source = AuthZenEntitlements(DecisionPoint(point.url), WayOut(), now, name="pdp")
    found = failure(list(source.probe(ASKED)))
    assert found[0] == "TLS"
    assert "BERTH_CA_BUNDLE" in found[2]


def test_a_decision_point_that_hangs_is_left_in_time(point: Point) -> None:
    point.server.hang = True
    found = failure(list(point.source(seconds=0.3).probe(ASKED)))
    point.server.released.set()
    assert found[0] == "Answer"
    assert "deadline_seconds" in found[2]


# Files


def test_a_file_tells_its_rules_and_its_revision(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\nrules: []\n")
    source = FileEntitlements(path)
    assert last(list(source.probe(ASKED))).came_back.startswith("0 rules of revision ")
    path.write_text("version: 1\nrules: nonsense\n")
    stage, told, _ = failure(list(source.probe(ASKED)))
    assert stage == "Rules"
    assert "`rules` must be a list. Here 0 rules of revision" in told
    assert "Nobody is permitted" in failure(list(FileEntitlements(path).probe(ASKED)))[1]
    path.unlink()
    assert failure(list(source.probe(ASKED)))[0] == "File"
