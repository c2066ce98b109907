"""What may stand in a rendered text: plain YAML with whole values."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import PlanRefused
from tenants.priming import documents, sandbox


def read(source: str, **facts: object) -> object:
    return documents.read("t", sandbox.render("t", source, facts))


@pytest.mark.parametrize(
    "source",
    [
        "a: b{{ x }}",
        "a: {{ x }}b",
        "a: '{{ x }}'",
        'a: "{{ x }}"',
        'a: {b: "{{ x }}"}',
        "a: b\n  {{ x }}",
        "a: |\n  {{ x }}",
        "a: b # {{ x }}",
        "{{ x }}{{ x }}: a",
    ],
)
@settings(max_examples=40)
@given(x=st.text() | st.sampled_from([", b: c, d: ", "' b", "a: b", "\n", " #", "{"]))
def test_a_value_that_is_not_one_whole_scalar_is_refused(source: str, x: str) -> None:
    with pytest.raises(PlanRefused):
        read(source, x=x)


# a key has 1,024 characters at most, and one of ours is escaped to ten
@given(x=st.text(max_size=100), y=st.text())
def test_no_value_changes_the_shape_of_a_document(x: str, y: str) -> None:
    source = (
        "a: {{ x }}\nb: [{{ x }}, {{ y }}]\nc: {d: {{ y }}}\n{{ 'e' ~ x }}: {{ x ~ y }}\n"
        "---\nf: 1\n"
    )
    first = {"a": x, "b": [x, y], "c": {"d": y}, f"e{x}": x + y}
    assert read(source, x=x, y=y) == [first, {"f": 1}]


def test_a_key_that_is_too_long_for_yaml_is_refused() -> None:
    with pytest.raises(PlanRefused, match="is no YAML"):
        read("{{ x }}: a", x="x" * 2000)


@pytest.mark.parametrize(
    "source",
    [
        "a: &x b\nc: *x",
        "a: !!python/name:os.system b",
        "a: !!str 1",
        "%YAML 1.1\n---\na: b",
        "a: b\na: c",
        "a: {b: 1, b: 2}",
        "<<: {a: b}",
        "1: a",
        "on: a",
        "a: no",
        "a: 0777",
        "a: 1_000",
        "a: 12:30:45",
        "a: 1.5",
        "a: 1e3",
        "a: 0o17",
        "a: 2026-11-23",
        "a: null",
        "a: ~",
        "a:",
        "- a",
        "a",
        "a: [",
    ],
)
def test_what_two_readers_could_take_differently_is_refused(source: str) -> None:
    with pytest.raises(PlanRefused):
        read(source)


def test_empty_documents_and_comments_are_left_out() -> None:
    assert read("# nothing\n---\n# still nothing\n---\na: true\n---\n") == [{"a": True}]


def test_a_refusal_names_template_and_line() -> None:
    with pytest.raises(PlanRefused, match="t: line 2: the key 'b' stands there twice"):
        read("b: 1\nb: 2\n")
