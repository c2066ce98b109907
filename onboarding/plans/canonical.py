"""One way to write a value as bytes, so that equal plans have equal digests."""

import hashlib
import json
from typing import Any


def text(value: Any) -> str:
    """Return canonical JSON: sorted keys, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(canonical: str) -> str:
    """Return the SHA-256 of canonical text, in hexadecimal."""
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
