"""The examples of docs/entitlement.md can be used as they stand."""

import re
from pathlib import Path

import pytest

from onboarding import toolbox
from onboarding.entitlement import arrangement, seating
from onboarding.entitlement.file import FileEntitlements
from onboarding.ports import Outcome
from portal.outbound import WayOut
from tests.contracts.entitlement_source import ASKED

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "entitlement.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_arrangement_of_the_page_has_no_fault(tmp_path: Path, example: str) -> None:
    (tmp_path / "sources.yaml").write_text(example)
    kit = seating.Kit(toolbox.KINDS, variables=lambda name: f"secret-of-{name}", way=WayOut())
    found = seating.seated(arrangement.read(tmp_path / "sources.yaml"), kit)
    assert found.faults == []
    assert found.seats


def test_the_page_has_an_example_of_every_kind_that_calls_or_reckons() -> None:
    told = "".join(EXAMPLES)
    for kind in ("claims", "ldap", "authzen"):
        assert f"kind: {kind}" in told


def test_the_table_of_the_page_can_be_read(tmp_path: Path) -> None:
    (table,) = re.findall(r"```\n(effect.*?)```", PAGE, re.DOTALL)
    (tmp_path / "rules.csv").write_text(table)
    assert FileEntitlements(tmp_path / "rules.csv").check(ASKED).outcome is Outcome.SILENT
