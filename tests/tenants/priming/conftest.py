"""The packs, and copies of them that were spoilt in one place."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tenants.priming import packs
from tenants.priming.packs import Pack
from tests.tenants.priming import facts_made

Spoil: TypeAlias = Callable[..., Pack]


@pytest.fixture(scope="session")
def classic() -> Pack:
    return packs.load(facts_made.PACKS, "classic")


@pytest.fixture(scope="session")
def standard() -> Pack:
    return packs.load(facts_made.PACKS, "standard")


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    """Return a pack with a text of one file replaced: `spoil("tenant/30-quota", old, new)`."""

    def spoilt(file: str, old: str, new: str, *, pack: str = "standard") -> Pack:
        shutil.copytree(facts_made.PACKS / pack, tmp_path / pack, dirs_exist_ok=True)
        path = tmp_path / pack / f"{file}.yaml.j2"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return packs.load(tmp_path, pack)

    return spoilt
