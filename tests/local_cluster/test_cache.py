"""The cache: one folder for each set of pins, complete only with everything in it."""

from pathlib import Path

import pytest
from localcluster import cache, versions
from localcluster.versions import Group


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Group:
    """A group whose module we may change, and a cache of its own."""
    monkeypatch.setattr(versions, "MODULES", tmp_path)
    monkeypatch.setenv("BERTH_CACHE", str(tmp_path / "cache"))
    made = Group(
        name="etcd", version="v1.0.0", modules=["m"], programs={"etcd": "m"}, yaml=["*.yaml"]
    )
    made.folder.mkdir()
    (made.folder / "go.mod").write_text("module m\n")
    (made.folder / "go.sum").write_text("")
    return made


def fill(group: Group) -> None:
    cache.yaml_folder(group).mkdir(parents=True)
    for name in group.programs:
        cache.program(group, name).touch()


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_another_pin_is_another_folder(group: Group, file: str) -> None:
    before = cache.folder(group)
    (group.folder / file).write_text("changed")
    assert cache.folder(group) != before


def test_another_flag_is_another_folder(group: Group) -> None:
    stamped = Group(**(vars(group) | {"stamp": "m/version"}))
    assert cache.folder(stamped) != cache.folder(group)


def test_the_same_pins_are_the_same_folder(group: Group) -> None:
    assert cache.folder(group) == cache.folder(Group(**vars(group)))


def test_a_full_folder_is_complete(group: Group) -> None:
    fill(group)
    assert cache.is_complete(group)


def test_without_a_program_it_is_not_complete(group: Group) -> None:
    fill(group)
    cache.program(group, "etcd").unlink()
    assert not cache.is_complete(group)


def test_without_its_yaml_it_is_not_complete(group: Group) -> None:
    fill(group)
    cache.yaml_folder(group).rmdir()
    assert not cache.is_complete(group)


def test_the_place_can_be_chosen() -> None:
    assert cache.root({"BERTH_CACHE": "/a"}) == Path("/a/local-cluster")
    assert cache.root({"XDG_CACHE_HOME": "/b"}) == Path("/b/berth/local-cluster")
    assert cache.root({}) == Path.home() / ".cache" / "berth" / "local-cluster"
