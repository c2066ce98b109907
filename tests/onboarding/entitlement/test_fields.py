"""Fields of a source, read with types: every fault is told, and no value is."""

from pathlib import Path
from typing import Any

import pytest

from onboarding.entitlement.fields import Fields, FieldsUnfit


def fields(**values: Any) -> Fields:
    return Fields(values, deadline=2, variables=lambda name: {"TOKEN": "s3cret"}.get(name, ""))


def faults(of: Fields) -> tuple[str, ...]:
    with pytest.raises(FieldsUnfit) as raised:
        of.done()
    return raised.value.faults


def test_what_is_right_is_given_with_its_type() -> None:
    found = fields(url="https://a", names=["b"], most=3, tls=True, mode="x", rest={"any": 1})
    assert found.address("url", ("https",)) == "https://a"
    assert (found.texts("names"), found.number("most")) == (("b",), 3)
    assert found.flag("tls", default=False)
    assert (found.choice("mode", ("x", "y")), found.raw("rest")) == ("x", {"any": 1})
    found.done()


def test_what_is_left_out_has_its_default_or_is_a_fault() -> None:
    found = fields()
    assert (found.text("a", "b"), found.texts("c", ()), found.number("d", 4)) == ("b", (), 4)
    found.text("needed")
    assert faults(found) == ("`needed` must be a text.",)


@pytest.mark.parametrize(
    "value",
    ["http://a", "https://", "https://u:p@a", "https://a:0", "https://a:b", "a", 7, "https://[::1"],
)
def test_an_address_has_the_right_scheme_a_host_and_no_password(value: object) -> None:
    found = fields(url=value)
    assert found.address("url", ("https",)) == ""
    assert len(faults(found)) == 1


@pytest.mark.parametrize("value", [True, "3", 1.5, -1, 11, [1]])
def test_a_number_is_whole_and_within_bounds(value: object) -> None:
    found = fields(most=value)
    found.number("most", 2, most=10)
    assert len(faults(found)) == 1


def test_all_faults_come_together_and_with_fields_that_nobody_asked_for() -> None:
    found = fields(a=1, b="x", c="typo")
    found.text("a")
    found.flag("b", default=False)
    assert len(faults(found)) == 3


def test_a_secret_is_named_by_a_variable_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("from a file\n")
    found = fields(a={"variable": "TOKEN"}, b={"file": str(path)})
    assert (found.secret("a"), found.secret("b")) == ("s3cret", "from a file")
    assert found.secret("c", required=False) == ""
    found.done()


@pytest.mark.parametrize(
    "value",
    ["s3cret", {"variable": "OTHER"}, {"file": "/nowhere/at/all"}, {}, {"value": "s3cret"}, ["x"]],
)
def test_a_secret_that_stands_there_or_cannot_be_read_is_a_fault_that_does_not_tell_it(
    value: object,
) -> None:
    found = fields(token=value)
    assert found.secret("token") == ""
    (fault,) = faults(found)
    assert "s3cret" not in fault + repr(found)
