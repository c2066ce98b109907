"""Every value reads back as it was, in every reader of YAML, wherever it stands."""

import io
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tenants.priming import scalars

SCALAR = st.text() | st.integers(-(2**63), 2**63 - 1) | st.booleans()


def bare(value: object) -> str:
    return scalars.written(value).replace(scalars.OPEN, "").replace(scalars.CLOSE, "")


def as_yaml_1_2(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


@given(SCALAR)
@example("no")
@example("0o17")
@example("1e3")
@example("12:30:00")
@example("~")
@example('"\\')
@example("a: b # c")
@example("\x00\x07\x1b\x7f\x85\xa0\u2028\ufeff\ufffe")
@example("😀 ü")
@example("secret\n---\nkind: ClusterRoleBinding")
def test_a_value_reads_back_equal_in_both_versions_of_yaml(value: object) -> None:
    text = f"key: {bare(value)}\n"
    assert yaml.safe_load(text) == as_yaml_1_2(text) == {"key": value}


@given(st.lists(SCALAR, max_size=3), SCALAR)
def test_a_value_in_brackets_reads_back_equal_too(several: list[object], last: object) -> None:
    text = f"[{', '.join(map(bare, [*several, last]))}]"
    assert yaml.safe_load(text) == as_yaml_1_2(text) == [*several, last]


@given(st.dictionaries(st.text(max_size=60), st.text()))
def test_a_mapping_reads_back_equal(labels: dict[str, str]) -> None:
    text = f"labels: {bare(labels)}\n"
    assert yaml.safe_load(text) == as_yaml_1_2(text) == {"labels": labels}


@given(st.text())
def test_what_is_written_is_printable_ascii(value: str) -> None:
    assert all(" " <= character <= "~" for character in bare(value))


@pytest.mark.parametrize("value", [None, 1.5, b"bytes", ["list"], object()])
def test_what_is_no_scalar_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be written"):
        scalars.written(value)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        scalars.written("\ud83d")
