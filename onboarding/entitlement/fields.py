"""The fields of a source in the file of entitlement, read with types; every fault is kept.

A source asks for its fields one by one and then calls `done`, which refuses all faults at once.
Companies write sources against it, so it stays as it is; `accounts/entries.py` reads our own files
of identities and of risk, whose entries stand in one another, and may change with them.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal.errors import storable

SECRETS = ("variable", "file")
LARGEST_SECRET = 20_000  # characters


class FieldsUnfit(ValueError):
    """The fields of a source cannot be used; `faults` has a sentence for each."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(self.faults))


class Fields:
    """What stands under one source. A field without a default has to be there.

    `deadline` is in seconds: whoever asks waits no longer than that for an answer. `variables`
    reads an environment variable; only `secret` uses it. Sentences about faults never hold values.
    """

    def __init__(
        self, values: Mapping[str, Any], *, deadline: float, variables: Callable[[str], str]
    ) -> None:
        self.deadline = deadline
        self.faults: list[str] = []
        self._values = values
        self._variables = variables
        self._known: set[str] = set()

    def __repr__(self) -> str:
        return f"Fields({', '.join(self._values)})"

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; a required one is not empty."""
        value = self.raw(name, default)
        if (
            not isinstance(value, str)
            or value != storable(value)
            or (default is None and not value)
        ):
            self.fault(f"`{name}` must be a text.")
            return default or ""
        return str(value)

    def texts(self, name: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts; a required one is not empty."""
        value = self.raw(name, default)
        fits = isinstance(value, list | tuple) and all(
            isinstance(each, str) and each == storable(each) for each in value
        )
        if not fits or (default is None and not value):
            self.fault(f"`{name}` must be a list of texts.")
            return tuple(default or ())
        return tuple(value)

    def number(
        self, name: str, default: int | None = None, *, least: int = 0, most: int = 1_000_000
    ) -> int:
        """Return a whole number within bounds."""
        value = self.raw(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.fault(f"`{name}` must be a whole number from {least} to {most}.")
            return least if default is None else default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.raw(name, default)
        if not isinstance(value, bool):
            self.fault(f"`{name}` must be true or false.")
            return default
        return value

    def choice(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        value = self.raw(name, default)
        if value not in allowed:
            self.fault(f"`{name}` must be one of: {', '.join(allowed)}.")
            return default or allowed[0]
        return str(value)

    def path(self, name: str, default: str | None = None) -> Path:
        return Path(self.text(name, default))

    def address(self, name: str, schemes: Sequence[str], default: str | None = None) -> str:
        """Return a URL with one of the schemes and a host, without name and password in it."""
        value = self.text(name, default)
        if not value:
            return value
        try:
            found = urlsplit(value)
            fits = found.scheme in schemes and found.hostname and found.port != 0
        except ValueError:  # the port is no number
            self.fault(f"`{name}` must be an address.")
            return ""
        if not fits or "@" in found.netloc:
            begins = " or ".join(f"{scheme}://" for scheme in schemes)
            self.fault(
                f"`{name}` must be an address that begins with {begins}, without a password."
            )
            return ""
        return value

    def secret(self, name: str, *, required: bool = True) -> str:
        """Return what a named variable or file holds; "" for one that is left out and not required.

        The field is `{variable: NAME}` or `{file: /path}`: the secret itself never stands here.
        """
        value = self.raw(name, None if required else {})
        if value == {} and not required:
            return ""
        if not isinstance(value, dict) or len(value) != 1 or not set(value) <= set(SECRETS):
            self.fault(f"`{name}` names its secret: {{variable: NAME}} or {{file: /path}}.")
            return ""
        ((kind, where),) = value.items()
        found = self._revealed(kind, str(where))
        if not found:
            self.fault(f"`{name}` names a {kind} that is empty or cannot be read.")
        return found

    def _revealed(self, kind: str, where: str) -> str:
        if kind == "variable":
            return self._variables(where)
        try:
            with Path(where).open(encoding="utf-8") as file:
                return file.read(LARGEST_SECRET).strip()
        except (OSError, ValueError):  # UnicodeDecodeError, or NUL in the path
            return ""

    def raw(self, name: str, default: Any = None) -> Any:
        """Return the value as it stands in the file; without a default it has to be there."""
        self._known.add(name)
        value = self._values.get(name, default)
        return default if value is None else value

    def fault(self, sentence: str) -> None:
        """Keep a fault for `done`."""
        self.faults.append(sentence)

    def done(self) -> None:
        """Refuse what was wrong, and fields that nobody asked for. Raises FieldsUnfit."""
        unknown = sorted(set(map(str, self._values)) - self._known)
        faults = [*self.faults, *(f"`{name[:40]}` is not known here." for name in unknown)]
        if faults:
            raise FieldsUnfit(faults)
