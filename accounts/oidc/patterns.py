"""Patterns of a provider's group names: `berth-*` fits many, `team-{tenant}` names a tenant.

A pattern has one star or one `{tenant}` at most, so a name is read in one way only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

FIELD = "{tenant}"
STAR = "*"
_SLUG = "(?P<tenant>[a-z][a-z0-9-]*)"

Mapped = Mapping[str, Sequence[str]]  # what is given → the patterns of groups that give it


def fits(patterns: Sequence[str], groups: Iterable[str]) -> bool:
    """Say whether one of the groups fits one of the patterns."""
    return any(_shape(pattern).fullmatch(group) for group in groups for pattern in patterns)


def given(mapped: Mapped, groups: Iterable[str]) -> frozenset[str]:
    """Return what the groups give: each target, with `{tenant}` as the fitting group has it."""
    return frozenset(_given(mapped, list(groups)))


def _given(mapped: Mapped, groups: Sequence[str]) -> Iterator[str]:
    for target, patterns in mapped.items():
        for pattern in patterns:
            for found in filter(None, map(_shape(pattern).fullmatch, groups)):
                yield target.replace(FIELD, found.groupdict().get("tenant", ""))


def misfits(mapped: Mapped) -> Iterator[str]:
    """Say in sentences which patterns cannot be used for what they give."""
    for target, patterns in mapped.items():
        for pattern in patterns:
            if pattern.count(STAR) + pattern.count(FIELD) > 1:
                yield f"{pattern!r} has more than one star or {FIELD}"
            elif re.search(r"[{}]", pattern.replace(FIELD, "")):
                yield f"{pattern!r} has braces around something else than tenant"
            if FIELD in target and FIELD not in pattern:
                yield f"{target!r} needs {FIELD} in its pattern {pattern!r}"


@lru_cache(maxsize=1000)
def _shape(pattern: str) -> re.Pattern[str]:
    shape = re.escape(pattern).replace(re.escape(FIELD), _SLUG, 1)
    return re.compile(shape.replace(re.escape(STAR), ".*", 1), re.DOTALL)
