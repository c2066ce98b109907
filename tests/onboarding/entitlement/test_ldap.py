"""Groups of a real OpenLDAP with ten thousand people: nested, paged, and a server that breaks."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from onboarding.entitlement.directory import DEEPEST, MOST, Groups, People
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.ldap import LdapEntitlements, Naming
from onboarding.ports import Answer, Outcome
from portal.outbound import WayOut
from tests.contracts.entitlement_source import ASKED
from tests.fleet import fake_api
from tests.onboarding.entitlement import relay, slapd
from tests.onboarding.entitlement.decision_point import blurting
from tests.onboarding.entitlement.slapd import PASSWORD, Slapd, group, group_dn, person_dn

pytestmark = slapd.NEEDED

DEPLOYERS = "retail:dev:deployers"
TWIN = f"cn=another,{slapd.PEOPLE}"
NAMED = ("alice", "nested", "ringer", "deep", "many", "most", "shy", "loud", "twin", "ünal")


def entries() -> Iterator[slapd.Entry]:
    yield from slapd.people(*NAMED, *(f"person{number}" for number in range(10_000)))
    yield TWIN, {"objectClass": ["inetOrgPerson"], "sn": ["another"], "uid": ["twin"]}
    members = ("alice", "ringer", "many", "most", "shy", "twin", "ünal", "person9999")
    inner = [group_dn("division"), group_dn("ring-1"), *map(person_dn, members)]
    yield group(DEPLOYERS, *inner, person_dn("loud"))
    yield group("team", person_dn("nested"))
    yield group("department", group_dn("team"))
    yield group("division", group_dn("department"))
    yield group("ring-1", person_dn("ringer"), group_dn("ring-3"))
    yield group("ring-2", group_dn("ring-1"))
    yield group("ring-3", group_dn("ring-2"))
    yield group("deep-0", person_dn("deep"))
    for number in range(1, DEEPEST + 3):
        yield group(f"deep-{number}", group_dn(f"deep-{number - 1}"))
    yield group("Berth-Suspended", person_dn("loud"), group_dn("list-1199"))
    for number in range(MOST):
        held = [person_dn("most")] + [person_dn("many")] * (number < 1_200)
        yield group(f"list-{number}", *held)
    yield f"cn=nameless,ou=hidden,{slapd.GROUPS}", group("nameless", person_dn("shy"))[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with slapd.running(tmp_path_factory.mktemp("slapd"), list(entries())) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Slapd]:
    """A server that the test may kill."""
    alice = [*slapd.people("alice"), group(DEPLOYERS, person_dn("alice"))]
    with slapd.running(tmp_path, alice) as running:
        yield running


def ask(server: Slapd, name: str, naming: Naming = Naming("local"), **changes: Any) -> Answer:  # noqa: B008 - frozen
    """Ask whether somebody may onboard; `changes` are of how the directory is asked."""
    groups = GroupEntitlements(["{tenant}:{environment}:deployers"], ["berth-suspended"], name="ad")
    way = WayOut(changes.pop("bundle", server.bundle))
    source = LdapEntitlements(server.directory(**changes), naming, way, groups)
    answer = source.check(replace(ASKED, subject=f"local:{name}", groups=frozenset()))
    assert PASSWORD not in repr(answer)
    assert PASSWORD not in repr(vars(source))
    return answer


def code_of(answer: Answer) -> str:
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.evidence["error"]
    assert answer.remedy
    return answer.reason_code


@pytest.mark.parametrize("name", ["alice", "nested", "ringer", "person9999", "ünal"])
def test_a_group_permits_whoever_stands_in_it_or_in_a_group_in_it(server: Slapd, name: str) -> None:
    answer = ask(server, name)
    assert (answer.outcome, answer.source) == (Outcome.PERMIT, "ad")
    assert answer.evidence["group"] == DEPLOYERS
    assert answer.evidence["person"] == person_dn(name)


def test_somebody_in_no_group_learns_which_to_join(server: Slapd) -> None:
    answer = ask(server, "person17")
    assert (answer.outcome, answer.evidence["groups"]) == (Outcome.SILENT, 0)
    assert DEPLOYERS in answer.remedy


def test_without_nesting_only_the_person_counts(server: Slapd) -> None:
    direct = Groups(slapd.GROUPS, nesting="none")
    assert ask(server, "nested", groups=direct).outcome is Outcome.SILENT
    assert ask(server, "alice", groups=direct).outcome is Outcome.PERMIT


def test_a_group_is_the_same_in_capital_letters(server: Slapd) -> None:
    assert ask(server, "loud").outcome is Outcome.DENY


def test_a_group_on_the_last_page_beyond_the_servers_limit_counts(server: Slapd) -> None:
    answer = ask(server, "many")
    assert (answer.outcome, answer.evidence["groups"]) == (Outcome.DENY, 1_202)


@pytest.mark.parametrize("name", ["most", "deep"])
def test_more_groups_or_deeper_ones_than_the_bound_cannot_tell(server: Slapd, name: str) -> None:
    assert code_of(ask(server, name)) == "too_many_groups"


def test_a_server_that_cuts_its_answer_short_cannot_tell(tmp_path: Path) -> None:
    lists = [group(f"list-{number}", person_dn("alice")) for number in range(501)]
    cut = [*slapd.people("alice"), group(DEPLOYERS, person_dn("alice")), *lists]
    with slapd.running(tmp_path, cut, total="500") as server:
        assert code_of(ask(server, "alice")) == "too_many_groups"


def test_a_group_that_hides_its_name_could_be_one_that_refuses(server: Slapd) -> None:
    assert code_of(ask(server, "shy")) == "source_malformed"


@pytest.mark.parametrize(
    "name",
    [
        *("*", "al*", "alice*", "alice)(uid=*", "*)(uid=*))(|(uid=*", "nobody)(|(uid=alice)"),
        *("alice)(objectClass=*", "\\2a", "\\61lice", "alice\0", "=alice", ">=a", "~=alice"),
        *(":caseIgnoreMatch:=alice", ":dn:=alice", "x:1.2.840.113556.1.4.803:=2", "&(uid=alice)"),
        *("alice\n", " alice", "al  ice", "\ud800", "ａlice", "ali\u00adce", "ali\u034fce", ""),
        *("a" * 10_000, f"alice,{slapd.PEOPLE}", "uid=alice", "alice#", "alice;binary"),
    ],
)
def test_no_name_finds_somebody_else(server: Slapd, name: str) -> None:
    assert code_of(ask(server, name)) in {"person_unknown", "person_unnamed"}


def test_two_entries_of_one_name_cannot_tell(server: Slapd) -> None:
    assert code_of(ask(server, "twin")) == "person_ambiguous"


def test_people_of_another_issuer_are_not_taken_for_those_of_this_one(server: Slapd) -> None:
    assert code_of(ask(server, "alice", Naming("https://id.example.com"))) == "person_unnamed"
    assert code_of(ask(server, "alice", Naming("loca"))) == "person_unnamed"


def test_a_claim_may_name_the_person(server: Slapd) -> None:
    naming = Naming("https://id.example.com", by="uid")
    groups = GroupEntitlements(["{tenant}:{environment}:deployers"], [], name="ad")
    source = LdapEntitlements(server.directory(), naming, WayOut(server.bundle), groups)
    person = replace(ASKED, subject="https://id.example.com:4711")
    assert source.check(replace(person, claims={"uid": "alice"})).outcome is Outcome.PERMIT
    for claims in ({}, {"uid": ["alice"]}, {"uid": 1}, {"uid": "person1"}):
        assert source.check(replace(person, claims=claims)).outcome is not Outcome.PERMIT
    other = replace(ASKED, subject="local:x", claims={"uid": "alice"})
    assert source.check(other).outcome is Outcome.UNKNOWN


def test_start_tls_hides_the_password_and_permits(server: Slapd) -> None:
    with relay.running(server.plain) as passing:
        answer = ask(server, "alice", url=passing.address, start_tls=True)
    assert answer.outcome is Outcome.PERMIT
    assert PASSWORD.encode() not in b"".join(passing.seen)


@pytest.mark.parametrize("start_tls", [True, False])
def test_a_server_whose_certificate_nobody_vouches_for_is_told_nothing(
    server: Slapd, tmp_path: Path, *, start_tls: bool
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(fake_api.certificate()[0])
    with relay.running(server.plain if start_tls else server.tls) as passing:
        answer = ask(server, "alice", url=passing.address, start_tls=start_tls, bundle=stranger)
    assert code_of(answer) == "source_unreachable"
    assert "certificate" in answer.evidence["error"]
    assert PASSWORD.encode() not in b"".join(passing.seen)


def test_a_wrong_password_cannot_tell(server: Slapd) -> None:
    answer = ask(server, "alice", password="wrong-one")
    assert code_of(answer) == "source_refused"
    assert "invalidCredentials" in answer.evidence["error"]
    assert "wrong-one" not in repr(answer)


@pytest.mark.parametrize("below", ["ou=nowhere,dc=example,dc=org", "dc=elsewhere,dc=org", "no DN"])
def test_a_place_that_is_not_there_cannot_tell(server: Slapd, below: str) -> None:
    assert code_of(ask(server, "alice", people=People(below, "(uid={})"))).startswith("source_")
    assert code_of(ask(server, "alice", groups=Groups(below))).startswith("source_")


@pytest.mark.parametrize("message", [1, 2, 3, 4])
def test_a_server_that_is_killed_in_the_middle_cannot_tell(own_server: Slapd, message: int) -> None:
    """Messages: sign in, look for the person, for the groups, and for groups of these."""

    def kill() -> None:
        own_server.process.kill()
        own_server.process.wait()

    assert ask(own_server, "alice").outcome is Outcome.PERMIT
    with relay.running(own_server.plain, {message: kill}) as passing:
        answer = ask(own_server, "alice", url=passing.address)
    assert len(passing.seen) == message
    assert code_of(answer) == "source_unreachable"


def test_a_server_that_hangs_is_not_waited_for(own_server: Slapd) -> None:
    own_server.process.send_signal(signal.SIGSTOP)
    answer = ask(own_server, "alice", seconds=0.3)
    assert code_of(answer) == "source_timeout"
    assert answer.evidence["error"] == "It did not answer in time."


def test_a_server_that_drips_is_not_waited_for(server: Slapd) -> None:
    begun = monotonic()
    with blurting(b"0\x82\x01\x00" + b"\0" * 100, pause=0.1) as address:
        port = address.split(":")[2].split("/")[0]
        answer = ask(server, "alice", url=f"ldap://127.0.0.1:{port}", seconds=0.4)
    assert code_of(answer) == "source_timeout"
    assert monotonic() < begun + 8  # it would drip for ten seconds


def test_a_refused_connection_cannot_tell(server: Slapd) -> None:
    answer = ask(server, "alice", url="ldap://127.0.0.1:1")
    assert code_of(answer) == "source_unreachable"
    assert "refused" in answer.evidence["error"]


@pytest.mark.parametrize(
    "words",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"0\x0c\x02\x01\x01a\x07\n\x01", b"0\x84\xff"],
)
def test_what_is_no_answer_of_a_directory_cannot_tell(server: Slapd, words: bytes) -> None:
    with blurting(words) as address:
        port = address.split(":")[2].split("/")[0]
        answer = ask(server, "alice", url=f"ldap://127.0.0.1:{port}", seconds=1)
    assert code_of(answer).startswith("source_")
