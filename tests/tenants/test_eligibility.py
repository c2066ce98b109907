"""What rows of the matrix say, in sentences that people read."""

import pytest

from tenants.eligibility import Line, Matrix, Place, where

GOLD = Line("prod", "restricted", "gold", "eu*", allows=True, why="Only sealed hosts hold it.")
NO_LAB = Line("", "", "lab*", "*", allows=False, why="Labs are rebuilt", remedy="Use tier shared.")


def place(tier: str = "gold", region: str = "eu1", data: str = "restricted") -> Place:
    return Place("prod", data, tier, region)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (place(), True),
        (place("GOLD"), True),
        (place(" LAB ", data="public"), False),
        (place("shared"), False),
        (place(""), False),
        (place(region="us1"), False),
        (place("shared", "us1", data="public"), True),
        (place("lab-3", data="public"), False),
    ],
    ids=str,
)
def test_a_refusal_wins_and_where_something_is_allowed_nothing_else_is(
    asked: Place,
    allowed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert Matrix.of([GOLD, NO_LAB]).allows(asked) is allowed


def test_who_is_refused_reads_the_reason_and_what_to_do() -> None:
    assert Matrix.of([NO_LAB]).verdict(place("lab1")).words == "Labs are rebuilt. Use tier shared."


def test_who_is_not_among_what_is_allowed_reads_where_it_may_be() -> None:
    assert Matrix.of([GOLD]).verdict(place("shared")).words == (
        "Restricted data in prod may only be on tier gold in eu*: Only sealed hosts hold it."
    )


def test_of_several_reasons_the_most_exact_is_told() -> None:
    exact = Line("prod", "restricted", "lab1", "eu1", allows=False, why="Exactly this.")
    assert Matrix.of([NO_LAB, exact]).verdict(place("lab1")).why == "Exactly this."


@pytest.mark.parametrize(
    ("tier", "region", "words"),
    [
        ("*", "*", "anywhere"),
        ("gold", "*", "on tier gold"),
        ("*", "eu*", "in eu*"),
        ("-", "eu1", "on clusters without a tier in eu1"),
    ],
)
def test_places_are_told_in_words(tier: str, region: str, words: str) -> None:
    assert where(tier, region) == words


def test_a_row_without_a_tier_means_clusters_without_one() -> None:
    bare = Line("", "", "-", "*", allows=False, why="They have no owner.")
    assert not Matrix.of([bare]).allows(place(""))
    assert Matrix.of([bare]).allows(place("gold"))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([GOLD], ("only on tier gold in eu*", "")),
        ([GOLD, NO_LAB], ("only on tier gold in eu*", "not on tier lab*")),
        ([], ("", "")),
        ([Line("prod", "", "*", "*", allows=False, why="Closed.")], ("nowhere", "")),
        ([Line("prod", "", "*", "*", allows=True, why="Open.")], ("", "")),
    ],
)
def test_a_cell_of_the_table_is_a_few_words(lines: list[Line], words: tuple[str, str]) -> None:
    assert Matrix.of(lines).cell("prod", "restricted").in_words == words


def test_many_places_are_counted_in_a_cell() -> None:
    lines = [Line("prod", "", "*", f"r{n}", allows=True, why="One.") for n in range(9)]
    assert Matrix.of(lines).cell("prod", "public").in_words[0].endswith("or 6 more places")
