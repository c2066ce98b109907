"""The file that arranges sources: what it may say, and every fault of it told at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from pytest_django import Settings

from onboarding import toolbox
from onboarding.entitlement import arrangement
from onboarding.entitlement.combine import Demand
from onboarding.ports import Outcome
from portal.checks import configuration
from tests.onboarding.entitlement.asked import QUERY

Lay = Callable[[str], Path]
DEPLOYERS = replace(QUERY, groups=frozenset({"retail:dev:deployers"}))
STAFF = """\
version: 1
sources:
  staff:
    kind: groups
    permits: ["{tenant}:{environment}:deployers"]
"""
OWN_KIND = """
from onboarding.ports import Answer, Outcome

class Moon:
    def __init__(self, name, phase):
        self.name, self.phase = name, phase

    def check(self, query):
        return Answer(Outcome.PERMIT, self.name, "moon", f"The moon is {self.phase}.")

def from_settings(name, fields, way):
    phase = fields.text("phase")
    fields.done()
    return Moon(name, phase)


def explodes(name, fields, way):
    raise RuntimeError(fields.text("phase"))
"""


@pytest.fixture
def lay(tmp_path: Path, settings: Settings) -> Lay:
    """Lay a file of this text where settings name it."""

    def write(text: str) -> Path:
        path = tmp_path / "sources.yaml"
        path.write_text(dedent(text))
        settings.BERTH_ENTITLEMENT_CONFIG = path
        return path

    return write


@pytest.fixture
def own_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package of a company's own that brings the kind `moon`."""
    told = tmp_path / "packages" / "company_moon-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: company-moon\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(
        "[berth.entitlement_sources]\n"
        "moon = company_moon:from_settings\n"
        "eclipse = company_moon:absent\n"
        "comet = company_moon:explodes\n"
        "meteor = company_meteor:from_settings\n"
        "file = company_moon:from_settings\n"
    )
    (told.parent / "company_moon.py").write_text(OWN_KIND)
    (told.parent / "company_meteor.py").write_text("raise RuntimeError('s3cret')\n")
    monkeypatch.syspath_prepend(told.parent)


def told() -> list[str]:
    return [str(each.msg) for each in configuration() if each.id == "portal.E040"]


def test_what_is_in_no_group_has_to_permit_and_of_a_group_one(lay: Lay) -> None:
    found = arrangement.read(
        lay("""
        version: 1
        sources:
          staff: {kind: groups, permits: [a]}
          partners: {kind: file, path: /b}
          freeze: {kind: file, path: /c, unknown: a human decides}
        groups:
          people: {sources: [staff, partners], need: any, unknown: a human decides}
        """)
    )
    assert found.faults == []
    assert found.terms.demands == (Demand(("freeze",)), Demand(("staff", "partners")))
    assert found.terms.referring == {"freeze", "staff", "partners"}


def test_a_group_needs_all_and_stops_if_nothing_is_said_and_a_source_speaks_first(
    lay: Lay,
) -> None:
    found = arrangement.read(
        lay("""
        version: 1
        sources:
          staff: {kind: groups, permits: [a]}
          freeze: {kind: file, path: /c, unknown: stop}
        groups:
          strict: {sources: [staff, freeze]}
        """)
    )
    assert found.terms.demands == (Demand(("staff",)), Demand(("freeze",)))
    assert found.terms.referring == frozenset()


def test_limits_are_those_of_the_file_or_the_usual_ones(lay: Lay) -> None:
    (place,) = arrangement.read(lay(STAFF + "    deadline_seconds: 3\n")).places
    assert place.limits == replace(arrangement.Limits(), deadline=timedelta(seconds=3))


def test_every_fault_of_the_file_is_told_at_once(lay: Lay) -> None:
    lay("""
        version: 1
        surces: {}
        sources:
          Staff: {kind: groups}
          tickets: {kind: abacus}
          staff: {kind: groups, permits: all, deadline_seconds: 0, unknown: permit}
          partners: {kind: file, path: /b, colour: red, failures: many}
          odd: [1]
        groups:
          people: {sources: [staff, nobody], need: most}
          others: {sources: [staff]}
    """)
    faults = "\n".join(told())
    for fault in (
        "`surces` is not known",
        "`Staff` in `sources` is no name",
        "Source tickets: there is no kind `abacus`",
        "Source staff: `permits` must be a list",
        "Source staff: `deadline_seconds` must be a whole number from 1 to 10",
        "Source staff: `unknown` must be one of: stop, a human decides",
        "Source partners: `colour` is not known",
        "Source partners: `failures` must be",
        "`odd` in `sources` must have fields",
        "Group people: `need` must be one of: all, any",
        "A group names `nobody`",
        "`staff` stands in groups more than once",
    ):
        assert fault in faults


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "version: 2\n",
        "version: 1\n",
        "version: 1\nsources: {}\n",
        "version: 1\nsources: [staff]\n",
        "version: 1\nversion: 1\n",
        STAFF + "groups: {people: {sources: []}}\n",
        STAFF + "groups: [people]\n",
        "version: 1\nsources: {1: {kind: file, path: /a}}\n",
        "version: 1\nsources: {staff: {kind: [file]}}\n",
        "version: 1\nsources: {staff: {}}\n",
    ],
)
def test_with_one_fault_nobody_is_permitted_and_the_portal_goes_on(lay: Lay, text: str) -> None:
    lay(text)
    assert told()
    assert toolbox.sources().ruling(DEPLOYERS).outcome is Outcome.UNKNOWN


def test_a_file_that_is_not_there_is_a_fault_too(lay: Lay) -> None:
    lay(STAFF).unlink()
    assert "No such file" in "\n".join(told())
    assert toolbox.sources().ruling(DEPLOYERS).outcome is Outcome.UNKNOWN


def test_the_sources_of_the_file_are_asked_and_those_of_settings_not(
    lay: Lay, settings: Settings
) -> None:
    settings.BERTH_ENTITLEMENT_GROUPS = ["ambiguous-{tenant}-{environment}"]
    lay(STAFF)
    assert told() == []
    assert toolbox.sources().ruling(DEPLOYERS).outcome is Outcome.PERMIT
    assert toolbox.sources().ruling(QUERY).outcome is Outcome.DENY


def test_a_pattern_that_could_permit_the_wrong_people_is_a_fault(lay: Lay) -> None:
    lay(STAFF.replace("{tenant}:{environment}", "{tenant}-{environment}"))
    assert "could be one that" in told()[0]


def test_a_file_of_rules_that_cannot_be_read_is_a_warning_as_ever(lay: Lay) -> None:
    lay("version: 1\nsources: {a: {kind: file, path: /nowhere}, b: {kind: file, path: /else}}\n")
    warned = [str(each.msg) for each in configuration() if each.id == "portal.W001"]
    assert [each.rpartition("'/")[2] for each in warned] == ["nowhere'", "else'"]


@pytest.mark.usefixtures("own_kind")
def test_a_company_adds_a_kind_of_its_own_by_a_package(lay: Lay) -> None:
    lay("version: 1\nsources: {sky: {kind: moon, phase: full}}\n")
    assert told() == []
    assert toolbox.sources().ruling(QUERY).reason == "The moon is full."


@pytest.mark.usefixtures("own_kind")
@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ("kind: moon", "`phase` must be a text"),
        ("kind: eclipse", "cannot be loaded: AttributeError"),
        ("kind: comet, phase: s3cret", "the kind comet failed with RuntimeError"),
        ("kind: meteor", "cannot be loaded: RuntimeError"),
        ("kind: file, path: /a", "more than one package brings"),
        ("kind: sun", "there is no kind `sun`; there are "),
    ],
)
def test_a_package_that_does_not_fit_is_a_fault_in_words(
    lay: Lay, fields: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    lay(f"version: 1\nsources: {{sky: {{{fields}}}}}\n")
    assert fault in told()[0]
    assert "s3cret" not in told()[0] + caplog.text
