"""YAML that operators write, read safely, and so that nothing in it hides anything else."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LARGEST = 1_000_000  # bytes; a file larger than this is a mistake


class Unreadable(Exception):
    """The file cannot be read as what it should be; the sentence says why."""


@dataclass(frozen=True)
class Content:
    """What a file holds, and the SHA-256 of its bytes."""

    parsed: Any
    revision: str


def read(path: Path) -> Content:
    """Read a file. Raises Unreadable in words, or OSError."""
    return content(bytes_of(path))


def content(raw: bytes) -> Content:
    """Return what the bytes of a file hold. Raises Unreadable."""
    return Content(parsed(raw), hashlib.sha256(raw).hexdigest())


def bytes_of(path: Path) -> bytes:
    """Return what is in a file. Raises Unreadable for one that is too large, or OSError."""
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Unreadable(f"The file is larger than {LARGEST} bytes.")
    return raw


class _Loader(yaml.SafeLoader):
    """Safe YAML in which nothing is overwritten: a second `rules` would hide the first one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the library's signature
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise Unreadable(f"`{twice[0]}` stands twice in one place.")
        return super().construct_mapping(node, deep=deep)


def parsed(raw: bytes) -> Any:
    """Return what the bytes hold. Raises Unreadable."""
    try:
        loader = _Loader(raw)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    # beside its own errors the library lets slip what a wrong value or a deep nest raises in it
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise Unreadable(f"The file is no YAML that can be read: {error}") from error
