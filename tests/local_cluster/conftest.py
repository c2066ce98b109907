"""A state directory as a launcher finds it after its first preparations."""

from pathlib import Path

import pytest
from localcluster.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    found = State(tmp_path / "state")
    found.root.mkdir()
    found.prepare()
    return found
