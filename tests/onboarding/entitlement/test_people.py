"""Who is still there, by a real directory, by one like Active Directory, and by a file."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import ldap3
import pytest

from onboarding.entitlement.directory import Directory, Groups, People
from onboarding.entitlement.fields import Fields, FieldsUnfit
from onboarding.entitlement.file import FileEntitlements
from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.ldap import LdapEntitlements, Naming
from onboarding.ports import Known, PeopleSource, Somebody
from portal.errors import RegisterSilent
from portal.outbound import WayOut
from tests.onboarding.entitlement import fake_ad, slapd
from tests.onboarding.entitlement.slapd import ADMIN, ADMIN_PASSWORD, Slapd, person_dn

CORP = "dc=corp,dc=example,dc=com"
ACTIVE = People(slapd.PEOPLE, "(&(objectClass=inetOrgPerson)(uid={})(!(employeeType=left)))")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Slapd]:
    """A directory of which a test may change people, or which it may kill."""
    with slapd.running(tmp_path, list(slapd.people("ann", "ben", "cleo"))) as running:
        yield running


def source(server: Slapd, **changes: object) -> LdapEntitlements:
    groups = GroupEntitlements(["{tenant}:{environment}:deployers"], [], name="directory")
    asked = server.directory(people=ACTIVE, **changes)
    return LdapEntitlements(asked, Naming("local"), WayOut(server.bundle), groups, leavers=True)


def known(asked: PeopleSource, *names: str, issuer: str = "local") -> Sequence[Known]:
    return asked.known([Somebody(f"{issuer}:{name}") for name in names])


def change(server: Slapd, name: str, **attributes: str) -> None:
    """Change a person of the directory; without attributes, take them out of it."""
    where = ldap3.Server(server.plain, get_info="NO_INFO")
    with ldap3.Connection(where, ADMIN, ADMIN_PASSWORD) as admin:
        wanted = {key: [(ldap3.MODIFY_REPLACE, [value])] for key, value in attributes.items()}
        modify: Callable[..., object] = admin.modify  # the library has no types for them
        delete: Callable[..., object] = admin.delete
        _ = modify(person_dn(name), wanted) if wanted else delete(person_dn(name))
        assert admin.result["description"] == "success", admin.result


@slapd.NEEDED
def test_a_directory_knows_who_is_there_and_who_is_removed_or_disabled(server: Slapd) -> None:
    change(server, "ben")
    change(server, "cleo", employeeType="left")
    said = known(source(server), "ann", "ben", "cleo")
    assert said == [Known.YES, Known.NO, Known.NO]


@slapd.NEEDED
def test_of_people_of_another_issuer_a_directory_says_nothing(server: Slapd) -> None:
    assert known(source(server), "ann", "nobody", issuer="https://id.example.com") == [
        Known.UNSAID,
        Known.UNSAID,
    ]


@slapd.NEEDED
def test_a_directory_that_is_down_says_nothing_of_anybody(server: Slapd) -> None:
    asked = source(server)
    server.process.kill()
    server.process.wait()
    with pytest.raises(RegisterSilent):
        known(asked, "ann", "ben")


@slapd.NEEDED
@pytest.mark.parametrize(
    "changes",
    [{"password": "wrong"}, {"people": People("ou=elsewhere,dc=example,dc=org", "(uid={})")}],
    ids=["password", "place"],
)
def test_a_directory_that_is_asked_wrongly_says_nothing(
    server: Slapd, changes: dict[str, object]
) -> None:
    groups = GroupEntitlements(["{tenant}"], [], name="directory")
    asked = server.directory(**({"people": ACTIVE} | changes))
    wrong = LdapEntitlements(asked, Naming("local"), WayOut(server.bundle), groups, leavers=True)
    with pytest.raises(RegisterSilent):
        known(wrong, "ann")


@slapd.NEEDED
def test_a_thousand_people_are_asked_about_on_one_connection(server: Slapd) -> None:
    said = known(source(server), "ann", *(f"nobody-{number}" for number in range(1_000)))
    assert (said[0], set(said[1:])) == (Known.YES, {Known.NO})


@pytest.mark.parametrize(
    ("control", "word"), [("512", Known.YES), ("514", Known.NO), ("66050", Known.NO)]
)
def test_an_account_that_active_directory_has_disabled_is_gone(control: str, word: Known) -> None:
    dn = f"cn=ann,ou=staff,{CORP}"
    entries = {dn: {"userprincipalname": ["ann@corp"], "userAccountControl": [control]}}
    with fake_ad.running(entries) as fake:
        people = People(f"ou=staff,{CORP}", "(userprincipalname={})")
        directory = Directory(fake.address, f"cn=berth,{CORP}", "p0rtal", people, Groups(CORP))
        groups = GroupEntitlements(["{tenant}"], [], name="ad")
        ad = LdapEntitlements(directory, Naming("local"), WayOut(), groups, leavers=True)
        assert known(ad, "ann@corp") == [word]


def file_source(folder: Path, content: str) -> FileEntitlements:
    path = folder / "rules.yaml"
    path.write_text(content)
    return FileEntitlements(path, leavers=True)


def rule(*people: str) -> str:
    named = ", ".join(f'"{each}"' for each in people)
    return f"version: 1\nrules:\n  - {{effect: permit, groups: [x], people: [{named}]}}\n"


def test_a_file_knows_whom_its_rules_name(tmp_path: Path) -> None:
    asked = file_source(tmp_path, rule("local:ann"))
    assert known(asked, "ann", "ben") == [Known.YES, Known.NO]


@pytest.mark.parametrize("content", ["version: 1\nrules: []\n", rule(), "rules", "version: 2\n"])
def test_a_file_that_names_nobody_or_is_broken_says_nothing(tmp_path: Path, content: str) -> None:
    asked = file_source(tmp_path, rule("local:ann"))
    known(asked, "ann")
    file_source(tmp_path, content)
    with pytest.raises(RegisterSilent):
        known(asked, "ann")


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(RegisterSilent):
        known(FileEntitlements(tmp_path / "absent.yaml", leavers=True), "ann")


def test_a_source_is_asked_only_where_its_configuration_says_so(tmp_path: Path) -> None:
    def made(**values: object) -> FileEntitlements:
        fields = Fields({"path": str(tmp_path), **values}, deadline=2, variables=lambda _: "")
        return FileEntitlements.from_settings("rules", fields, WayOut())

    assert (made().leavers, made(leavers=True).leavers) == (False, True)
    with pytest.raises(FieldsUnfit, match="`leavers` must be true or false"):
        made(leavers="yes")
