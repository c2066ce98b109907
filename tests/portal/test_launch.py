"""What `make run` decides before it starts anything."""

import os
import socket
from pathlib import Path

import pytest

from portal import announce, launch


def test_a_taken_port_gives_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((launch.HOST, 0))
        taken.listen()
        monkeypatch.setenv("BERTH_PORT", str(taken.getsockname()[1]))
        with launch.free_port() as port:
            assert port > taken.getsockname()[1]


def test_two_portals_that_start_at_once_choose_different_ports() -> None:
    with launch.free_port() as one, launch.free_port() as other:
        assert one != other


def test_a_port_that_is_no_longer_held_is_chosen_again() -> None:
    with launch.free_port() as one:
        pass
    with launch.free_port() as other:
        assert other == one


def test_a_second_start_on_the_same_folder_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    with launch.alone(tmp_path) as address:
        address.write_text("http://127.0.0.1:8007")
        with pytest.raises(launch.AlreadyRunning, match="8007"), launch.alone(tmp_path):
            pass


def test_a_folder_is_free_again_after_a_run(tmp_path: Path) -> None:
    with launch.alone(tmp_path):
        pass
    with launch.alone(tmp_path) as address:
        assert not address.exists()


def test_the_queue_listens_in_the_data_folder(tmp_path: Path) -> None:
    assert launch.queue_socket(Path("/srv/berth")) == Path("/srv/berth/queue.sock")


def test_a_folder_too_deep_for_a_socket_puts_it_where_only_we_can_reach_it() -> None:
    path = launch.queue_socket(Path("/srv") / ("deep/" * 30))
    try:
        assert len(os.fsencode(path)) <= launch.SOCKET_PATH_LIMIT
        assert path.parent.stat().st_mode & 0o077 == 0
    finally:
        path.parent.rmdir()


def test_what_the_caller_has_set_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DJANGO_SETTINGS_MODULE", "BERTH_DATA", "BERTH_QUEUE_URL", "PYTHONUNBUFFERED"):
        monkeypatch.setenv(name, "whatever")
    monkeypatch.setenv("BERTH_URL", "https://berth.example.com")
    launch.lay_environment(launch.Site(tmp_path, 8003, tmp_path / "queue.sock"))
    assert os.environ["BERTH_URL"] == "https://berth.example.com"
    assert os.environ["BERTH_QUEUE_URL"] == "whatever"
    assert os.environ["BERTH_DATA"] == str(tmp_path)


def test_the_box_holds_every_sentence() -> None:
    lines = announce.box(["Berth is ready", "", "dana"]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "dana" in lines[3]
