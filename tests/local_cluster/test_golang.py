"""Whether the Go at hand is new enough, by what it says of itself."""

import pytest
from localcluster import golang


@pytest.mark.parametrize("found", ["go1.26.0", "go1.26.8", "go1.27rc1", "go2.0", "devel go1.28-1a"])
def test_new_enough(found: str) -> None:
    assert golang.numbers(found) >= golang.numbers("1.26.0")


@pytest.mark.parametrize("found", ["go1.9", "go1.25.12", "unknown version", ""])
def test_too_old(found: str) -> None:
    assert golang.numbers(found) < golang.numbers("1.26.0")
