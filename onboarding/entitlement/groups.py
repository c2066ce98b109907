"""Entitlement from the groups a person is in, by names that follow a pattern."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from string import Formatter

from onboarding.entitlement.fields import Fields
from onboarding.ports import Answer, Outcome, Query
from portal.outbound import WayOut


class GroupEntitlements:
    """The source `groups`.

    `permits` are patterns such as `{tenant}:{environment}:deployers`; `denies` are patterns of
    groups whose members are refused whatever else they are in. Patterns by which one name could
    be read in two ways permit nobody.
    """

    def __init__(
        self, permits: Sequence[str], denies: Sequence[str], *, name: str = "groups"
    ) -> None:
        self.name = name
        self._permits = permits
        self._denies = denies

    @classmethod
    def from_settings(cls, name: str, fields: Fields, _way: WayOut) -> "GroupEntitlements":
        """Return the source with the fields `permits` and `denies`. Raises FieldsUnfit."""
        permits, denies = fields.texts("permits"), fields.texts("denies", ())
        for fault in pattern_faults((*permits, *denies)):
            fields.fault(fault)
        fields.done()
        return cls(permits, denies, name=name)

    def check(self, query: Query) -> Answer:
        """Answer from the groups that the query carries."""
        try:
            denies, permits = _filled(self._denies, query), _filled(self._permits, query)
        except (LookupError, ValueError, AttributeError) as error:
            return self._answer(
                Outcome.UNKNOWN,
                "pattern_broken",
                "A pattern of group names cannot be read, so nobody is permitted.",
                remedy=f"An operator has to mend the pattern with {error} in it.",
            )
        ambiguous = pattern_faults((*self._permits, *self._denies))
        if ambiguous:
            return self._answer(
                Outcome.UNKNOWN,
                "pattern_ambiguous",
                "A pattern of group names can be read in two ways, so nobody is permitted.",
                remedy=f"An operator has to mend it: {ambiguous[0]}",
            )
        denied = query.groups & denies
        if denied:
            return self._answer(
                Outcome.DENY,
                "in_denied_group",
                f"Members of {min(denied)} may not do this.",
                remedy=f"Ask to be taken out of {min(denied)}.",
                group=min(denied),
            )
        held = query.groups & permits
        if held:
            return self._answer(
                Outcome.PERMIT, "in_group", f"Permitted by group {min(held)}.", group=min(held)
            )
        return self._answer(
            Outcome.SILENT,
            "not_in_group",
            "You are in no group that permits this.",
            remedy=_join_one_of(permits),
        )

    def _answer(
        self, outcome: Outcome, code: str, reason: str, *, remedy: str = "", group: str = ""
    ) -> Answer:
        evidence = {"group": group} if group else {}
        return Answer(outcome, self.name, code, reason, remedy=remedy, evidence=evidence)


def _join_one_of(groups: Collection[str]) -> str:
    return f"Ask to join one of these groups: {', '.join(sorted(groups))}." if groups else ""


def _filled(patterns: Sequence[str], query: Query) -> frozenset[str]:
    return frozenset(
        pattern.format(
            tenant=query.tenant, application=query.application, environment=query.environment
        )
        for pattern in patterns
    )


# Dashes in every value, as slugs may have them: what a pattern makes of these must be read back as
# exactly these, by itself and by every other pattern.
_SAMPLE = {"tenant": "a-b", "application": "c-d", "environment": "e-f"}
EXAMPLE = "{tenant}:{environment}:deployers"
_SLUG = "[a-z][a-z0-9-]*"


@lru_cache(maxsize=8)
def pattern_faults(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Say in words which patterns give one group's name to two tenants, or two environments.

    With `{tenant}-{environment}`, the group `a-b-c` is of tenant `a-b` and of tenant `a`. Patterns
    that cannot be read at all are told when they are used.
    """
    known = [each for each in patterns if _fields(each) <= _SAMPLE.keys()]
    return tuple(
        f"A group that {made} names could be one that {read} names for somebody else. "
        f"Put a colon between fields and words, as in {EXAMPLE}."
        for made in known
        for read in known
        if _fields(made) and _is_mistaken(made, read)
    )


def _fields(pattern: str) -> set[str]:
    try:
        return {field for _, field, _, _ in Formatter().parse(pattern) if field is not None}
    except ValueError:
        return {pattern}


def _is_mistaken(made: str, read: str) -> bool:
    shape = re.escape(read)
    for field in _SAMPLE:
        shape = shape.replace(re.escape(f"{{{field}}}"), f"(?P<{field}>{_SLUG})", 1)
    found = re.fullmatch(shape, made.format(**_SAMPLE))
    return found is not None and any(
        _SAMPLE[key] != value for key, value in found.groupdict().items()
    )
