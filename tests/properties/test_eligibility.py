"""What holds of every matrix: refusals only take away, and the order of rows tells nothing."""

from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st

from tenants.eligibility import ANY, UNTIERED, Line, Matrix, Place, Verdict
from tenants.gradings import Classification

ENVIRONMENTS = ["dev", "prod"]
DATA = Classification.values
TIERS = ["", "gold", "Gold", "golden", "shared"]
REGIONS = ["eu1", "eu2", "us1"]

lines = st.builds(
    Line,
    environment=st.sampled_from(["", *ENVIRONMENTS]),
    classification=st.sampled_from(["", *DATA]),
    tier=st.sampled_from([ANY, UNTIERED, "gold", "gold*", "shared"]),
    region=st.sampled_from([ANY, "eu*", "eu1", "us1"]),
    allows=st.booleans(),
    why=st.sampled_from(["Because.", "The law says so."]),
)
refusals = lines.map(lambda line: Line(*_columns(line)[:4], allows=False, why="No."))
places = st.builds(
    Place,
    environment=st.sampled_from(ENVIRONMENTS),
    classification=st.sampled_from(DATA),
    tier=st.sampled_from(TIERS),
    region=st.sampled_from(REGIONS),
)
matrices = st.lists(lines, max_size=8)


def _columns(line: Line) -> tuple[str, str, str, str]:
    return (line.environment, line.classification, line.tier, line.region)


@given(places)
def test_without_rows_everything_may_be_everywhere(place: Place) -> None:
    assert Matrix.of([]).verdict(place) == Verdict(allowed=True)


@given(matrices, refusals, places)
def test_a_row_that_refuses_never_allows_more(
    rows: list[Line], refusal: Line, place: Place
) -> None:
    assert Matrix.of(rows).allows(place) or not Matrix.of([*rows, refusal]).allows(place)


@given(matrices, refusals, places)
def test_what_a_row_refuses_no_other_row_allows(
    rows: list[Line], refusal: Line, place: Place
) -> None:
    speaks = refusal.speaks_of(place.environment, place.classification)
    if speaks and refusal.covers(place.tier, place.region):
        assert not Matrix.of([*rows, refusal]).allows(place)


@given(matrices, st.randoms(use_true_random=False), places)
def test_the_order_of_rows_tells_nothing(rows: list[Line], chance: object, place: Place) -> None:
    mixed = sorted(rows, key=lambda _row: chance.random())  # type: ignore[attr-defined] # a Random
    assert Matrix.of(mixed).verdict(place) == Matrix.of(rows).verdict(place)


@given(matrices, places)
def test_where_something_is_allowed_nothing_else_is(rows: list[Line], place: Place) -> None:
    spoken = [row for row in rows if row.speaks_of(place.environment, place.classification)]
    only = [row for row in spoken if row.allows]
    if only and not any(row.covers(place.tier, place.region) for row in only):
        assert not Matrix.of(rows).allows(place)


@given(matrices, places)
def test_rows_of_other_environments_and_data_tell_nothing(rows: list[Line], place: Place) -> None:
    spoken = [row for row in rows if row.speaks_of(place.environment, place.classification)]
    assert Matrix.of(spoken).verdict(place) == Matrix.of(rows).verdict(place)


@given(matrices, places)
def test_whoever_is_refused_reads_why(rows: list[Line], place: Place) -> None:
    verdict = Matrix.of(rows).verdict(place)
    assert verdict.allowed or verdict.words.endswith(".")


@given(matrices, places)
def test_the_same_question_twice_has_the_same_answer(rows: list[Line], place: Place) -> None:
    matrix = Matrix.of(rows)
    assert matrix.verdict(place) == matrix.verdict(place) == Matrix.of(rows).verdict(place)


def test_five_hundred_rows_judge_five_hundred_clusters_within_a_second() -> None:
    rows = [
        Line("prod", "restricted", f"tier{number}", f"r{number}*", allows=True, why="Sealed.")
        for number in range(500)
    ]
    matrix = Matrix.of(rows)
    began = perf_counter()
    verdicts = [
        matrix.allows(Place("prod", "restricted", f"tier{number}", f"r{number}-a"))
        for number in range(0, 1000, 2)
    ]
    assert perf_counter() - began < 1
    assert sum(verdicts) == 250
