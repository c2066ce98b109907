"""Reading a YAML file value by value, so that everything wrong with it is told at once.

For our own files, of identities and of risk, whose entries stand in one another. What companies
write sources of entitlement against is `onboarding/entitlement/fields.py`: that has secrets, and
may not change.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from portal import strict_yaml
from portal.strict_yaml import Unreadable

__all__ = ["Entry", "Unreadable", "load"]

LONGEST = 500  # characters of one value
WORDS = re.compile(r"[^\x00-\x1f\x7f]+")


def load(path: Path) -> Any:
    """Return what the file holds. Raises Unreadable in words."""
    try:
        return strict_yaml.read(path).parsed
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from error
    except Unreadable as error:
        raise Unreadable(f"{path}: {str(error).rstrip('.')}") from error


class Entry:
    """One mapping of the file. What is read of it is ticked off; `close` tells what is left."""

    def __init__(self, where: str, content: object, faults: list[str]) -> None:
        self._where = where
        self._faults = faults
        self._left: dict[Any, Any] = dict(content) if isinstance(content, Mapping) else {}
        if not isinstance(content, Mapping):
            self.fault("must be a mapping")

    def fault(self, words: str) -> None:
        """Note what is wrong with this mapping."""
        self._faults.append(f"{self._where} {words}")

    def has(self, name: str) -> bool:
        """Say whether something stands under this name that has not been read yet."""
        return name in self._left

    def taken(self, name: str, default: Any = None) -> Any:
        """Return the value as it stands in the file, for whoever checks it."""
        return self._left.pop(name, default)

    def text(self, name: str, *, shape: re.Pattern[str] = WORDS, default: str | None = None) -> str:
        """Return a text of the shape; one without a default has to be there."""
        value = self._left.pop(name, default)
        if value is None:
            self.fault(f"needs `{name}`")
        elif value == default or self._is_text(value, shape):
            return str(value)
        else:
            self.fault(f"has a `{name}` that cannot be used")
        return ""

    def texts(self, name: str, *, default: Sequence[str] = ()) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._left.pop(name, list(default))
        if isinstance(value, list) and all(self._is_text(each, WORDS) for each in value):
            return tuple(value)
        self.fault(f"must have a list of texts as `{name}`")
        return ()

    def lists(self, name: str) -> dict[str, tuple[str, ...]]:
        """Return a mapping of texts to lists of texts."""
        value = self._left.pop(name, {})
        inner = Entry(f"{self._where}, `{name}`,", value, self._faults)
        return {key: inner.texts(key) for key in list(inner._left) if inner._is_key(key)}

    def seconds(self, name: str, *, default: int, most: int, least: int = 0) -> int:
        """Return a whole number of seconds."""
        value = self._left.pop(name, default)
        if type(value) is int and least <= value <= most:
            return value
        self.fault(f"must have a whole number from {least} to {most} as `{name}`")
        return default

    def inner(self, name: str) -> "Entry | None":
        """Return the mapping inside, or None where there is none."""
        value = self._left.pop(name, None)
        return None if value is None else Entry(f"{self._where}, `{name}`,", value, self._faults)

    def close(self) -> None:
        """Tell what nobody asked for: a word that was mistyped must not be without effect."""
        for name in self._left:
            self.fault(f"has `{str(name)[:60]}`, which means nothing here")

    def _is_key(self, key: object) -> bool:
        fits = self._is_text(key, WORDS)
        if not fits:
            self.fault("has a key that is no text")
        return fits

    @staticmethod
    def _is_text(value: object, shape: re.Pattern[str]) -> bool:
        return isinstance(value, str) and len(value) <= LONGEST and bool(shape.fullmatch(value))
