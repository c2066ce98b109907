"""The commands of docs/operate.md, by the heading that they stand under."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operate.md"

_PART = re.compile(
    r"^##+ (?P<heading>[^\n]+)$|^```(?P<kind>\w*)\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL
)


def blocks(kind: str = "") -> Mapping[str, Sequence[str]]:
    """Return heading -> fenced blocks of a kind; commands are fenced without a word."""
    found: dict[str, list[str]] = {}
    heading = ""
    for part in _PART.finditer(PAGE.read_text()):
        if part["heading"]:
            heading = part["heading"]
        elif part["kind"] == kind:
            found.setdefault(heading, []).append(part["block"])
    return found


def spoken() -> Sequence[str]:
    """Return the whole commands that stand in sentences and tables."""
    return sorted(set(re.findall(r"`(manage\.py [^`]+|gunicorn [^`]+)`", PAGE.read_text())))
