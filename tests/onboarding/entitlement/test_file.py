"""Entitlement from a file: what is wrong permits nobody, and what is left out fits nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.entitlement.file import FileEntitlements
from onboarding.ports import Answer, Outcome
from portal.strict_yaml import LARGEST
from tests.contracts.entitlement_source import ASKED

RULE = {
    "effect": "permit",
    "groups": ["retail:dev:deployers"],
    "actions": ["onboard"],
    "tenant": "retail",
    "applications": ["*"],
    "environments": ["dev", "test"],
}
Ask = Callable[..., Answer]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Return what the file says to ASKED; it holds a text, bytes, or these rules."""
    path = tmp_path / "entitlements.yaml"

    def asked(content: str | bytes | list[dict[str, Any]], **changes: Any) -> Answer:
        if isinstance(content, list):
            content = yaml.safe_dump({"version": 1, "rules": content})
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return FileEntitlements(path).check(replace(ASKED, **changes))

    return asked


GOOD = yaml.safe_dump({"version": 1, "rules": [RULE]})
MALFORMED = {
    "empty": "",
    "no mapping": "- version: 1\n",
    "another version": GOOD.replace("version: 1", "version: 2"),
    "no version": yaml.safe_dump({"rules": [RULE]}),
    "no rules": "version: 1\n",
    "rules that are no list": "version: 1\nrules: {}\n",
    "a rule that is no mapping": "version: 1\nrules: [permit]\n",
    "an effect that does not exist": GOOD.replace("permit", "allow"),
    "an effect that is a list": GOOD.replace("effect: permit", "effect: [permit]"),
    "a misspelt key": GOOD.replace("tenant:", "tennant:"),
    "nobody": GOOD.replace("groups:", "actions_of:"),
    "groups that are a text": GOOD.replace("groups:\n  - ", "groups: "),
    "YAML 1.1's idea of a boolean": GOOD.replace("- test", "- on"),
    "a number for a reason": GOOD + "    reason: 12\n".replace("    ", "  "),
    "a second list of rules": GOOD + "rules: []\n",
    "the same key twice in a rule": GOOD.replace("tenant: retail", "tenant: retail\n  tenant: x"),
    "half a file": GOOD[: len(GOOD) // 2] + '"',
    "a day that does not exist": GOOD + "  reason: 2026-02-31\n",
    "a tag that fails": GOOD + "  reason: !!bool perhaps\n",
    "an empty number": GOOD + "  reason: !!int ''\n",
    "a wrong timestamp": GOOD + "  reason: !!timestamp later\n",
    "an object of Python": GOOD + "  reason: !!python/name:os.system\n",
    "half a character": GOOD + '  reason: "\\ud800"\n',
    "a null character": GOOD.replace("retail:dev:deployers", '"retail\\0"'),
    "half a character for a key": GOOD + '  "\\ud800": x\n',
    "a nest without an end": "[" * 5000,
    "two documents": f"{GOOD}---\n{GOOD}",
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_file_cannot_tell(ask: Ask, content: str) -> None:
    assert ask(GOOD).outcome is Outcome.PERMIT
    answer = ask(content)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.evidence["error"]


def test_bytes_that_are_no_text_cannot_tell(ask: Ask) -> None:
    assert ask(b"\xff\xfe\xfd" + GOOD.encode()).outcome is Outcome.UNKNOWN


def test_a_file_that_is_too_large_cannot_tell(ask: Ask) -> None:
    assert ask(GOOD + "#" * LARGEST).outcome is Outcome.UNKNOWN


def test_a_folder_in_place_of_the_file_cannot_tell(tmp_path: Path) -> None:
    assert FileEntitlements(tmp_path).check(ASKED).outcome is Outcome.UNKNOWN


def test_what_is_wrong_is_said_without_the_path_on_the_server(tmp_path: Path) -> None:
    answer = FileEntitlements(tmp_path / "absent.yaml").check(ASKED)
    assert answer.evidence["error"] == "No such file or directory"
    assert str(tmp_path) not in json.dumps(dict(answer.evidence))


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_no_bytes_at_all_make_it_raise_or_permit(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "hypothesis.yaml"
    path.write_bytes(content)
    assert FileEntitlements(path).check(ASKED).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("left_out", ["actions", "tenant", "applications", "environments"])
def test_what_a_rule_leaves_out_fits_nothing(ask: Ask, left_out: str) -> None:
    rule = {key: value for key, value in RULE.items() if key != left_out}
    assert ask([rule]).outcome is Outcome.SILENT


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"action": "offboard"},
        {"tenant": "payments"},
        {"environment": "prod"},
        {"groups": frozenset({"retail-dev-deployer"})},
    ],
)
def test_a_rule_speaks_of_nothing_beyond_its_words(ask: Ask, elsewhere: dict[str, Any]) -> None:
    assert ask([RULE], **elsewhere).outcome is Outcome.SILENT


def test_a_person_can_be_named_by_issuer_and_subject(ask: Ask) -> None:
    rule = {**RULE, "groups": [], "people": ["local:alice"]}
    assert ask([rule]).outcome is Outcome.PERMIT
    assert ask([rule], subject="elsewhere:alice").outcome is Outcome.SILENT


def test_a_deny_wins_wherever_it_stands(ask: Ask) -> None:
    deny = {**RULE, "effect": "deny", "reason": "Frozen.", "remedy": "Wait for January."}
    for rules in ([RULE, deny], [deny, RULE]):
        answer = ask(rules)
        assert (answer.outcome, answer.reason) == (Outcome.DENY, "Frozen.")
        assert answer.remedy == "Wait for January."


def test_the_rule_that_decided_is_kept_as_evidence(ask: Ask) -> None:
    assert ask([RULE]).evidence == {"rule": RULE}


def test_the_remedy_names_the_groups_that_would_be_permitted_and_no_others(ask: Ask) -> None:
    rules = [
        {**RULE, "groups": ["b-group", "a-group"]},
        {**RULE, "groups": ["prod-group"], "environments": ["prod"]},
        {**RULE, "groups": ["denied-group"], "effect": "deny"},
    ]
    answer = ask(rules, groups=frozenset())
    assert answer.remedy == "Ask to join one of these groups: a-group, b-group."


def test_where_no_rule_permits_it_no_group_is_named(ask: Ask) -> None:
    assert ask([RULE], environment="prod").remedy == ""


def test_the_revision_changes_with_the_bytes_and_only_then(ask: Ask) -> None:
    first = ask(GOOD).revision
    assert ask(GOOD).revision == first
    assert ask(f"{GOOD}# a comment\n").revision != first


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "entitlements.yaml"
    source = FileEntitlements(path)
    assert source.check(ASKED).outcome is Outcome.UNKNOWN
    path.write_text(GOOD)
    assert source.check(ASKED).outcome is Outcome.PERMIT
    path.write_text("version: 1\nrules: []\n")
    assert source.check(ASKED).outcome is Outcome.SILENT


@pytest.fixture
def source(tmp_path: Path) -> FileEntitlements:
    """A source whose file was good when it was asked first; the test may spoil it."""
    path = tmp_path / "entitlements.yaml"
    path.write_text(GOOD)
    source = FileEntitlements(path)
    assert source.check(ASKED).outcome is Outcome.PERMIT
    return source


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_broken_file_leaves_the_good_one_in_force(
    source: FileEntitlements, tmp_path: Path, content: str
) -> None:
    before = source.check(ASKED)
    (tmp_path / "entitlements.yaml").write_bytes(content.encode(errors="replace"))
    for _ in range(2):
        answer = source.check(ASKED)
        assert (answer.outcome, answer.revision) == (Outcome.PERMIT, before.revision)
        assert answer.evidence["rule"] == RULE
        assert answer.evidence["broken_file"]
    assert source.check(replace(ASKED, environment="prod")).evidence["broken_file"]


def test_a_broken_file_is_an_error_in_the_log_once_for_each_fault(
    source: FileEntitlements, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for content in ("rules: [", "rules: [", "version: 2"):
        (tmp_path / "entitlements.yaml").write_text(content)
        source.check(ASKED)
        source.check(ASKED)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "stays in force" in caplog.text


def test_once_it_is_mended_the_new_file_counts(source: FileEntitlements, tmp_path: Path) -> None:
    path = tmp_path / "entitlements.yaml"
    path.write_text("rules: [")
    assert source.check(ASKED).outcome is Outcome.PERMIT
    path.write_text("version: 1\nrules: []\n")
    answer = source.check(ASKED)
    assert (answer.outcome, answer.evidence) == (Outcome.SILENT, {})


def test_a_file_that_is_taken_away_takes_its_policy_along(
    source: FileEntitlements, tmp_path: Path
) -> None:
    path = tmp_path / "entitlements.yaml"
    path.unlink()
    assert source.check(ASKED).outcome is Outcome.UNKNOWN
    path.write_text("rules: [")
    assert source.check(ASKED).outcome is Outcome.UNKNOWN


TABLE = """\
effect,groups,people,actions,tenant,applications,environments,reason
permit,retail:dev:deployers|retail leads,,onboard | offboard,retail,*,dev|test,"Fine, for dev."
deny,,local:mallory,onboard,*,*,*,
"""


def test_a_table_holds_the_same_rules(tmp_path: Path) -> None:
    source = FileEntitlements(tmp_path / "entitlements.csv")
    # as spreadsheets write it
    (tmp_path / "entitlements.csv").write_bytes(
        b"\xef\xbb\xbf" + TABLE.replace("\n", "\r\n").encode()
    )
    answer = source.check(ASKED)
    assert (answer.outcome, answer.reason) == (Outcome.PERMIT, "Fine, for dev.")
    assert answer.evidence["rule"]["groups"] == ["retail:dev:deployers", "retail leads"]
    assert source.check(replace(ASKED, subject="local:mallory")).outcome is Outcome.DENY
    assert source.check(replace(ASKED, environment="prod")).outcome is Outcome.SILENT
    assert source.check(replace(ASKED, groups=frozenset({""}))).outcome is Outcome.SILENT


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        TABLE.replace("permit", "allow"),
        TABLE.replace("tenant", "tennant"),
        TABLE.replace("reason", "effect"),
        TABLE.replace("deny,,", "deny,"),
        TABLE.replace("local:mallory", ""),
        TABLE.replace('"Fine, for dev."', '"Fine, for dev.'),
        TABLE.replace(",", ";"),
        TABLE + "permit\n",
        TABLE + "\n\n",
        TABLE + "\0",
    ],
)
def test_a_malformed_table_cannot_tell(tmp_path: Path, content: str) -> None:
    (tmp_path / "entitlements.csv").write_text(content)
    answer = FileEntitlements(tmp_path / "entitlements.csv").check(ASKED)
    assert answer.outcome is Outcome.UNKNOWN


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_bytes_of_a_table_make_it_raise_or_permit(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "hypothesis.csv"
    path.write_bytes(TABLE.split("\n", maxsplit=1)[0].encode() + content)
    assert FileEntitlements(path).check(ASKED).outcome in {Outcome.UNKNOWN, Outcome.SILENT}
