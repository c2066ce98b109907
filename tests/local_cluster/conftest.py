"""Makes the scripts' modules importable: their folder has a dash and is no package."""

import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2] / "deploy" / "local-cluster"
sys.path.insert(0, str(HOME))

from localcluster.state import State  # noqa: E402 - needs the path above


@pytest.fixture
def state(tmp_path: Path) -> State:
    found = State(tmp_path / "state")
    found.root.mkdir()
    found.prepare()
    return found
