"""Log lines that say which request or order they belong to, and that hold no secret.

Two formats of the same lines: text for people at a terminal, JSON for whatever collects logs.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType

from django.conf import settings

MASK = "********"
LONGEST = 10_000  # characters of one message or traceback
SHORTEST_SECRET = 8  # characters; what is shorter stands in every line

# Values of fields that sound like secrets, in headers, forms, JSON and Python alike
_FIELDS = r"(?:cookie|csrf\w*|session\w*|password|secret|token|credential)['\"]?\s*[=:]\s*['\"]?"
# What a secret looks like that somebody else wrote into a message. The first group stays.
_SHAPES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(berth_[a-z2-7]{12}\.)[A-Za-z0-9_-]{43}",  # machine tokens and Git passwords
        r"()\b[A-Za-z0-9]{1,20}\.[0-9]+\.[0-9a-f]{64}\b",  # credentials of placements
        r"()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",  # tokens of clusters
        r"()\bgAAAA[A-Za-z0-9_-]{20,}={0,2}",  # what the vault has sealed
        r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{4,}",
        r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)",  # passwords in addresses
        rf"(?i)({_FIELDS})[^\s'\",;&]+",
    )
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Facts = Mapping[str, str | int]
_facts: ContextVar[Facts] = ContextVar("facts", default=MappingProxyType({}))


@contextmanager
def about(**facts: str | int) -> Iterator[None]:
    """Let every line that is written inside the block carry these facts, such as `order=7`."""
    kept = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(kept)


def facts() -> Facts:
    """Return what lines that are written now are about."""
    return _facts.get()


def places(error: BaseException) -> str:
    """Return where an error of foreign code came from; its own words may hold what was sent."""
    frames = traceback.extract_tb(error.__traceback__)
    return ", ".join(f"{each.filename}:{each.lineno}" for each in frames)


def without_secrets(text: str) -> str:
    """Return the text with everything hidden that is, or looks like, a secret of ours."""
    own = _own_secrets()
    if own is not None:
        text = own.sub(MASK, text)
    for shape in _SHAPES:
        text = shape.sub(lambda found: f"{found[1]}{MASK}", text)
    return text


@cache
def _own_secrets() -> re.Pattern[str] | None:
    """Return what matches the secrets that this process was given."""
    kept = [
        settings.SECRET_KEY,
        *settings.BERTH_TOKEN_PEPPERS,
        *settings.BERTH_FIELD_KEYS,
        *settings.BERTH_GIT_KEYS.values(),
        settings.DATABASES["default"].get("PASSWORD") or "",
    ]
    long_enough = [re.escape(each) for each in kept if len(each) >= SHORTEST_SECRET]
    return re.compile("|".join(long_enough)) if long_enough else None


class _Lines(logging.Formatter):
    """What both formats share: the parts of a line, cut and without secrets."""

    def message(self, record: logging.LogRecord) -> str:
        return without_secrets(record.getMessage())[:LONGEST]

    def trace(self, record: logging.LogRecord) -> str:
        if not record.exc_info:
            return ""
        # the end says what happened
        return without_secrets(self.formatException(record.exc_info))[-LONGEST:]

    def moment(self, record: logging.LogRecord) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class Text(_Lines):
    """A line for people; the facts stand in brackets at its end."""

    def format(self, record: logging.LogRecord) -> str:
        # a foreign text must not begin a line that looks like one of ours
        said = _CONTROL.sub(lambda found: repr(found[0])[1:-1], self.message(record))
        words = [self.moment(record), record.levelname, record.name, said]
        if facts():
            words.append(f"[{' '.join(f'{name}={value}' for name, value in facts().items())}]")
        line, trace = " ".join(words), self.trace(record)
        return f"{line}\n{trace}" if trace else line


class Json(_Lines):
    """A line for machines: one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.message(record),
            **facts(),
            "process": record.process,
        }
        trace = self.trace(record)
        return json.dumps(line | {"trace": trace} if trace else line)
