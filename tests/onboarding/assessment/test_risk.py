"""Which rules count, which of them wins, and what is said of a file that cannot be used."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from onboarding.assessment import rules
from onboarding.assessment.risk import Facts, Level, Rule, Rules

LOW, MEDIUM, HIGH = Level
PLAIN = Facts(
    kind="resize",
    environment="dev",
    production=False,
    classification="internal",
    criticality="medium",
    tiers=frozenset({"gold"}),
    clusters=1,
    destinations=0,
    first=False,
    referred=False,
)
TABLE = """\
version: 1
table:
  low: {low: low, medium: low, high: medium}
  medium: {low: low, medium: medium, high: high}
  high: {low: medium, medium: high, high: high}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "risk.yaml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(rules.RulesBroken) as caught:
        rules.read(written(folder, text))
    return caught.value.faults


@pytest.fixture
def shipped() -> Rules:
    return rules.read(settings.BERTH_RISK_RULES)


def test_an_order_that_no_rule_speaks_of_is_low(shipped: Rules) -> None:
    found = shipped.assess(PLAIN)
    assert (found.risk, list(found.trace)) == (LOW, [])


@pytest.mark.parametrize(
    ("facts", "risk", "because"),
    [
        (replace(PLAIN, production=True), LOW, "production is true"),
        (replace(PLAIN, production=True, clusters=3), MEDIUM, "clusters are 3"),
        (
            replace(PLAIN, production=True, classification="restricted"),
            MEDIUM,
            "production is true, classification is restricted",
        ),
        (
            replace(PLAIN, classification="restricted", kind="onboard", first=True),
            MEDIUM,
            "first is true, kind is onboard",
        ),
        (replace(PLAIN, referred=True), MEDIUM, "referred is true"),
        (replace(PLAIN, classification="restricted", referred=True), HIGH, "referred is true"),
        (replace(PLAIN, kind="onboard", first=True), LOW, "first is true, kind is onboard"),
    ],
)
def test_the_shipped_rules_say_why(facts: Facts, risk: Level, because: str, shipped: Rules) -> None:
    found = shipped.assess(facts)
    assert found.risk == risk
    assert because in [each.because for each in found.trace]


def test_a_rule_counts_only_where_all_of_its_conditions_hold(shipped: Rules) -> None:
    important = replace(PLAIN, criticality="critical")
    assert shipped.assess(important).impact == LOW
    assert shipped.assess(replace(important, production=True)).impact == HIGH


def test_one_tier_of_several_clusters_is_enough(tmp_path: Path) -> None:
    text = f"{TABLE}rules: [{{name: a, when: {{tier: gold}}, impact: high, why: It is dear.}}]\n"
    found = rules.read(written(tmp_path, text))
    assert found.assess(replace(PLAIN, tiers=frozenset({"iron", "gold"}))).impact == HIGH
    assert found.assess(replace(PLAIN, tiers=frozenset({"iron"}))).impact == LOW
    assert found.assess(replace(PLAIN, tiers=frozenset())).impact == LOW


@given(st.lists(st.tuples(st.sampled_from(Level), st.sampled_from(Level)), max_size=6))
def test_the_highest_of_each_side_wins(given: list[tuple[Level, Level]]) -> None:
    order = [LOW, MEDIUM, HIGH]
    listed = [
        Rule(str(place), (), impact, likelihood, "So.")
        for place, (impact, likelihood) in enumerate(given)
    ]
    table = {impact: dict.fromkeys(Level, HIGH) for impact in Level}
    found = Rules(table, listed, "").assess(PLAIN)
    assert found.impact == order[max([0, *(order.index(impact) for impact, _ in given)])]
    assert found.likelihood == order[max([0, *(order.index(each) for _, each in given)])]


def test_the_table_turns_both_sides_into_the_risk(shipped: Rules) -> None:
    told = {
        (impact, each): Rules(shipped.table, [Rule("r", (), impact, each, "So.")], "")
        .assess(PLAIN)
        .risk
        for impact, each in product(Level, Level)
    }
    assert (told[LOW, HIGH], told[HIGH, LOW], told[MEDIUM, MEDIUM]) == (MEDIUM, MEDIUM, MEDIUM)
    assert (told[LOW, LOW], told[HIGH, HIGH], told[MEDIUM, HIGH]) == (LOW, HIGH, HIGH)


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    text = """\
version: 2
colour: red
table: {low: {low: low, medium: low, high: extreme}, medium: {}, high: 3}
rules:
  - {name: a, when: {kind: [], moon: full, clusters_at_least: 0, production: "yes"}, why: ""}
  - {name: b, when: {classification: secret}, impact: huge, why: So.}
  - {name: b, likelihood: low, why: So.}
"""
    told = "\n".join(faults(tmp_path, text))
    for part in (
        "must say `version: 1`",
        "The file has `colour`, which means nothing",
        "Row `low` of `table` must have one of low, medium, high as `high`",
        "Row `medium` of `table` must have one of low, medium, high as `low`",
        "Row `high` of `table` must be a mapping",
        "Rule 1, `when`, must have a text, or a list of texts, as `kind`",
        "Rule 1, `when`, has `moon`, which means nothing",
        "Rule 1, `when`, must have a whole number above 0 as `clusters_at_least`",
        "Rule 1, `when`, must have true or false as `production`",
        "Rule 1 gives neither",
        "Rule 1 has a `why` that cannot be used",
        "Rule 2, `when`, asks for classification `secret`, which is none of public",
        "Rule 2 must have one of low, medium, high as `impact`",
        "Rule 3 needs `when`",
        "Two rules are called `b`",
    ):
        assert part in told


@pytest.mark.parametrize(
    "text", ["", "[]", "rules: {}", "a: 1\na: 2", "\t", "version: !!python/x 1"]
)
def test_what_is_no_file_of_rules_is_refused_in_words(text: str, tmp_path: Path) -> None:
    assert faults(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(rules.RulesBroken, match=r"risk\.yaml cannot be read"):
        rules.read(tmp_path / "risk.yaml")
