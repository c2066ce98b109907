"""The ports: distinct, and the same as last time where that is possible."""

import json
from pathlib import Path

import pytest
from localcluster import ports


def always(port: int) -> bool:
    return port in ports.RANGE


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "ports.json"


def test_every_name_gets_a_port_of_its_own(kept: Path) -> None:
    chosen = ports.choose(kept, always)
    assert set(chosen) == set(ports.NAMES)
    assert len(set(chosen.values())) == len(ports.NAMES)


def test_the_next_run_gets_the_same(kept: Path) -> None:
    before = ports.choose(kept, always)
    kept.write_text(json.dumps(before))
    assert ports.choose(kept, always) == before


def test_a_port_taken_meanwhile_changes_and_no_other(kept: Path) -> None:
    before = ports.choose(kept, always)
    kept.write_text(json.dumps(before))
    after = ports.choose(kept, lambda port: port != before["etcd"])
    assert after.pop("etcd") not in before.values()
    del before["etcd"]
    assert after == before


def test_a_name_that_is_new_gets_a_port_nobody_had(kept: Path) -> None:
    before = ports.choose(kept, always)
    del before["kwok"]
    kept.write_text(json.dumps(before))
    assert ports.choose(kept, always)["kwok"] not in before.values()
