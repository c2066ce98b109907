"""Commands of the record: imports that may be repeated and refuse by line, exports, sight."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Scope, User
from accounts.tokens import issue
from audit.models import Entry
from tenants import imports
from tenants.models import Application, Membership, Tenant, TokenGrant
from tests.make import make_application, make_placement, make_service

FILE = """\
tenants:
  - slug: retail
    name: Retail
    members: [alice]
    applications:
      - slug: basket
        name: Basket
        owner: alice
        cost_centre: 0012
        criticality: high
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tenants.yaml"
    path.write_text(FILE)
    return path


def run(*arguments: object) -> str:
    """Return what a command says."""
    said = StringIO()
    call_command(*map(str, arguments), stdout=said)
    return said.getvalue()


def refusals(path: Path, text: str) -> list[str]:
    """Return the faults that an import tells, without the file's name."""
    path.write_text(text)
    said = StringIO()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_tenants", str(path), stderr=said)
    return [line.removeprefix(f"{path}:") for line in said.getvalue().splitlines()]


def test_an_import_makes_what_the_file_names(file: Path, alice: User) -> None:
    assert run("import_tenants", file).splitlines() == [
        "made tenant retail",
        "added alice to tenant retail",
        "made application retail/basket",
        "Done.",
    ]
    application = Application.objects.get()
    assert (application.owner, application.cost_centre) == (alice, "0012")
    assert (application.criticality, application.classification) == ("high", "internal")


def test_an_import_may_be_repeated(file: Path, alice: User) -> None:
    run("import_tenants", file)
    entries = Entry.objects.count()
    assert run("import_tenants", file) == "Done.\n"
    assert Entry.objects.count() == entries


def test_an_import_changes_what_differs_and_leaves_the_rest(
    file: Path, alice: User, bob: User
) -> None:
    run("import_tenants", file)
    Membership.objects.create(tenant=Tenant.objects.get(), user=bob)
    Application.objects.update(support_group="kept")
    file.write_text(FILE.replace("name: Basket", "name: Shopping basket"))
    assert run("import_tenants", file).splitlines()[0] == "changed application retail/basket: name"
    assert Application.objects.get().support_group == "kept"
    assert Membership.objects.count() == 2


def test_a_check_writes_nothing(file: Path, alice: User) -> None:
    assert "made tenant retail" in run("import_tenants", file, "--check")
    assert not Tenant.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("owner: alice", "owner: nobody", "8: Nobody with an account here"),
        ("slug: basket", "slug: flux", "6: This name is reserved."),
        ("slug: basket", "slug: Basket", "6: slug: Use lower-case letters"),
        ("cost_centre: 0012", "cost_centre: a b", "9: cost_centre: Use letters, digits"),
        ("criticality: high", "criticality: dire", "10: criticality: Value 'dire'"),
        ("criticality: high", "colour: red", "10: “colour” is not known here"),
        ("        owner: alice\n", "", "6: “owner” is missing."),
        ("members: [alice]", "members: alice", "4: Here must be a list."),
        ("name: Retail", "name: [a, b]", "3: Here must be a single value."),
        ("name: Retail", "name: Retail\n    name: Again", "4: “name” stands here twice."),
        ("members: [alice]", "members: [alice", "5: This is no YAML"),
        ("members: [alice]", "members: &a [*a]", "4: Aliases are not taken here."),
    ],
)
def test_a_fault_is_told_by_its_line_and_nothing_is_done(
    old: str, new: str, refusal: str, file: Path, alice: User
) -> None:
    faults = refusals(file, FILE.replace(old, new))
    assert faults[0].startswith(refusal)
    assert not Tenant.objects.exists()


def test_every_fault_is_told_at_once(file: Path, alice: User) -> None:
    text = FILE.replace("owner: alice", "owner: nobody").replace("[alice]", "[nobody]")
    assert [line.partition(":")[0] for line in refusals(file, text)] == ["4", "8"]


def test_a_name_that_stands_twice_is_told(file: Path, alice: User) -> None:
    twice = FILE + "  - {slug: retail, name: Again}\n"
    assert refusals(file, twice) == ["11: “retail” stands in the file twice."]


@given(st.text(alphabet="tenansug:- []{}&*\n'\"!%@0a", max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_the_reader_fail(text: str) -> None:
    assert all(fault.line >= 1 and fault.words for fault in faults_of(text))


def faults_of(text: str) -> Sequence[imports.Fault]:
    try:
        imports.read(text)
    except imports.Refused as refusal:
        return refusal.faults
    return []


def test_the_record_is_exported_to_a_file_that_is_whole(
    tmp_path: Path, basket: Application
) -> None:
    make_placement(make_service(basket))
    path = tmp_path / "services.ndjson"
    run("export_cmdb", "--output", path)
    assert json.loads(path.read_text())["application"] == "basket"
    assert [each.name for each in tmp_path.iterdir()] == ["services.ndjson"]


def test_the_record_is_exported_to_the_terminal(basket: Application) -> None:
    make_service(basket)
    make_service(make_application("other"))
    lines = run("export_cmdb", "--format", "csv").splitlines()
    assert lines[0].startswith("uuid,tenant,")
    assert len(lines) == 3


def test_a_machine_is_given_sight(retail: Tenant, payments: Tenant) -> None:
    token, _ = issue("robot", scope=Scope.CMDB_READ)
    said = run("grant_sight", token.key, "--tenant", "retail", "--tenant", "payments")
    assert said.splitlines() == ["robot sees retail.", "robot sees payments."]
    assert run("grant_sight", token.key, "--every-tenant") == "robot sees every tenant.\n"
    assert TokenGrant.objects.count() == 3


def test_sight_of_what_there_is_not_is_refused(retail: Tenant) -> None:
    token, _ = issue("robot", scope=Scope.CMDB_READ)
    with pytest.raises(CommandError, match="There is no tenant retial"):
        run("grant_sight", token.key, "--tenant", "retial", "--tenant", "retail")
    with pytest.raises(CommandError, match="No machine has a token"):
        run("grant_sight", "nokey", "--every-tenant")
    assert not TokenGrant.objects.exists()
