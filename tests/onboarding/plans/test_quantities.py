"""Quantities of Kubernetes: how much they are, and how people say them."""

from decimal import Decimal

import pytest

from onboarding.plans import quantities


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("500m", "0.5"),
        ("1Gi", "1024Mi"),
        ("1Gi", "1073741824"),
        ("2k", "2000"),
        ("1e3", "1k"),
        ("1.5Gi", "1536Mi"),
        ("1500000u", "1500m"),
    ],
)
def test_one_amount_can_be_written_in_many_ways(one: str, other: str) -> None:
    assert quantities.amount(one) == quantities.amount(other)


def test_amounts_are_compared_as_numbers() -> None:
    assert quantities.amount("900m") < quantities.amount("1")
    assert quantities.amount("10") > quantities.amount("9")
    assert quantities.amount("0") == Decimal(0)


@pytest.mark.parametrize("text", ["", "lots", "1Qi", "--1", "1 Gi"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        quantities.amount(text)


@pytest.mark.parametrize(
    ("limit", "quantity", "said"),
    [
        ("requests.cpu", "250m", "0.25 CPU"),
        ("limits.memory", "4Gi", "4 GiB"),
        ("requests.memory", "134217728", "128 MiB"),
        ("pods", "3", "3"),
    ],
)
def test_a_limit_is_said_as_people_say_it(limit: str, quantity: str, said: str) -> None:
    assert quantities.of(limit, quantity) == said
