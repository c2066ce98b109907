"""The state directory: what a new run keeps, what wiping leaves alone, and one launcher a time."""

import pytest
from localcluster.state import State, StateInUse, write_json


def test_a_new_run_is_not_ready_because_the_last_one_was(state: State) -> None:
    write_json(state.cluster, {})
    state.prepare()
    assert not state.cluster.exists()


def test_a_new_run_keeps_the_objects_and_secrets(state: State) -> None:
    state.etcd.mkdir()
    (state.credentials / "tokens.csv").touch()
    state.prepare()
    assert state.etcd.exists()
    assert (state.credentials / "tokens.csv").exists()


def test_wiping_leaves_what_is_not_ours(state: State) -> None:
    (state.root / "letter.txt").touch()
    state.etcd.mkdir()
    state.wipe()
    assert [path.name for path in state.root.iterdir()] == ["letter.txt"]


def test_a_second_launcher_is_turned_away(state: State) -> None:
    with state.alone(), pytest.raises(StateInUse), state.alone():
        pytest.fail("both hold it")


def test_the_next_launcher_gets_in(state: State) -> None:
    with state.alone():
        pass
    with state.alone():
        pass
