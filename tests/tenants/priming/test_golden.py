"""The reviewed output of the standard pack."""

import pytest

from tests.tenants.priming import golden


@pytest.mark.parametrize("name", ["tenant.yaml", "placement.yaml"])
def test_the_pack_makes_what_was_reviewed(name: str) -> None:
    # a wanted change: python -m tests.tenants.priming.golden
    assert golden.current()[name] == golden.reviewed(name)
