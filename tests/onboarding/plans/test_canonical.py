"""One way to write a value, so that equal plans have equal digests."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.plans import canonical

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(values)
def test_it_can_be_read_back(value: object) -> None:
    assert json.loads(canonical.text(value)) == value


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(), values, max_size=5))
def test_the_order_of_keys_makes_no_difference(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical.text(turned) == canonical.text(value)


@settings(max_examples=40, deadline=None)
@given(values)
def test_it_is_ascii_on_one_line(value: object) -> None:
    text = canonical.text(value)
    assert text.isascii()
    assert "\n" not in text


def test_the_digest_is_the_sha_256_of_the_text() -> None:
    text = canonical.text({"b": "ö", "a": [1, True]})
    assert text == '{"a":[1,true],"b":"\\u00f6"}'
    assert canonical.digest(text) == (
        "c7978405cf26c7d5b7be9beb59d98d9df13d36ac4e83064becb2abbae1ac71c7"
    )
