"""The credential by which Flux fetches for one placement."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding.repositories import credentials
from onboarding.repositories.credentials import Proven

ONE = UUID("6f1c1f8e-0000-4000-8000-000000000001")
OTHER = UUID("6f1c1f8e-0000-4000-8000-000000000002")
KEYS = {"2": "newer", "1": "older"}
NAME = credentials.username(ONE)


def test_it_can_be_written_again_and_proves_whose_it_is() -> None:
    secret = credentials.password(KEYS, ONE, 3)
    assert secret == credentials.password(KEYS, ONE, 3)
    assert credentials.check(KEYS, NAME, secret) == Proven(ONE, 3)


def test_the_first_key_makes_it_and_every_key_is_accepted() -> None:
    assert credentials.password(KEYS, ONE, 1).startswith("2.1.")
    old = credentials.password({"1": "older"}, ONE, 1)
    assert credentials.check(KEYS, NAME, old) == Proven(ONE, 1)


def test_a_key_that_was_taken_out_opens_nothing() -> None:
    old = credentials.password({"0": "gone"}, ONE, 1)
    assert credentials.check(KEYS, NAME, old) is None


def test_it_opens_nothing_for_another_placement() -> None:
    assert (
        credentials.check(KEYS, credentials.username(OTHER), credentials.password(KEYS, ONE, 1))
        is None
    )


@pytest.mark.parametrize("part", range(3))
def test_no_part_of_it_can_be_changed(part: int) -> None:
    parts = credentials.password(KEYS, ONE, 11).split(".")
    parts[part] = {0: "1", 1: "12", 2: "0" * 64}[part]
    assert credentials.check(KEYS, NAME, ".".join(parts)) is None


@given(st.text(), st.text())
def test_no_other_text_is_one(name: str, secret: str) -> None:
    assert credentials.check(KEYS, name, secret) is None
    assert credentials.check(KEYS, NAME, secret) is None


def test_the_name_of_a_person_is_no_placements() -> None:
    assert credentials.is_placement(NAME)
    assert not credentials.is_placement("alice")
