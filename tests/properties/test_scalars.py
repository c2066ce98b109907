"""Every rendered value reads back equal in PyYAML (YAML 1.1) and in the parser of Kubernetes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tenants.priming import scalars
from tests.properties.kubernetes import MODULE, Parser, Refused

PINS = Path(__file__).resolve().parents[2] / "deploy/local-cluster/modules/kubernetes/go.mod"
# what YAML 1.1, YAML 1.2 and JSON take for something else than text when it stands unquoted
LOOKALIKES = [
    *("yes", "no", "on", "off", "y", "n", "Y", "true", "null", "~", "", "NULL", "True"),
    *("0", "-0", "0777", "0o17", "0x1F", "0b1", "1_000", "1e3", "1.", ".5", "-.inf", ".NaN"),
    *("12:30:45", "2026-11-23", "2026-11-23T09:00:00Z", "<<", "=", "!!str x", "&a", "*a"),
    *("- x", "? x", ": x", "a: b", "a #b", "#", "%YAML 1.1", "---", "...", "|", ">", "@", "`"),
    *('"', "'", "\\", '\\"', "\\u0041", "\n", "\r\n", "\t", " x ", "{a}", "[a]", "{{ x }}"),
    *("\0", "\x07", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\u202e", "\ufeff", "\ufffe", "😀"),
]
SCALAR = st.sampled_from(LOOKALIKES) | st.text() | st.integers(-(2**63), 2**63 - 1) | st.booleans()


def bare(value: object) -> str:
    return scalars.written(value).replace(scalars.OPEN, "").replace(scalars.CLOSE, "")


def same(one: Any, other: Any) -> bool:
    """Compare with types: True is not 1."""
    return repr(one) == repr(other)


def test_the_parser_is_the_one_that_the_local_cluster_is_built_with() -> None:
    pinned = dict(re.findall(r"^\t?(?:require )?(\S+) (v\S+)", PINS.read_text(), re.MULTILINE))
    ours = re.findall(r"^require (\S+) (v\S+)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert len(ours) == 2
    assert {name: pinned[name] for name, _ in ours} == dict(ours)


def test_the_parser_reads_as_kubernetes_does_and_not_as_pyyaml(parser: Parser) -> None:
    assert parser.read("a: 1e3") == {"a": 1000}
    assert yaml.safe_load("a: 1e3") == {"a": "1e3"}
    with pytest.raises(Refused, match="already set"):
        parser.read("a: 1\na: 2")


@given(st.lists(SCALAR, min_size=1, max_size=30))
@example(list(LOOKALIKES))
def test_values_read_back_equal_wherever_they_stand(parser: Parser, values: list[object]) -> None:
    block = "".join(f"- {bare(value)}\n" for value in values)
    flow = f"a: [{', '.join(map(bare, values))}]\n"
    for text, expected in ((block, values), (flow, {"a": values})):
        assert same(yaml.safe_load(text), expected)
        assert same(parser.read(text), expected)


@given(st.dictionaries(st.sampled_from(LOOKALIKES) | st.text(max_size=60), st.text()))
def test_a_mapping_reads_back_equal(parser: Parser, labels: dict[str, str]) -> None:
    text = f"labels: {bare(labels)}\n"
    assert yaml.safe_load(text) == parser.read(text) == {"labels": labels}


@given(st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1))
def test_a_number_that_kubernetes_would_round_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        scalars.written(number)
