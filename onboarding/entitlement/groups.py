"""Entitlement from the groups a person is in, by names that follow a pattern."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from string import Formatter

from onboarding.entitlement.fields import Fields
from onboarding.ports import Answer, Outcome, Query
from portal.outbound import WayOut


@dataclass(frozen=True)
class Freshness:
    """How old may be what an identity provider said at the last sign-in."""

    oldest: timedelta
    clock: Callable[[], datetime]

    def ends(self, query: Query) -> datetime | None:
        """Return until when it counts; somebody with a local account has no such end."""
        return query.claims_at + self.oldest if query.claims_at else None


class GroupEntitlements:
    """The source `groups`.

    `permits` are patterns such as `{tenant}:{environment}:deployers`; `denies` are patterns of
    groups whose members are refused whatever else they are in. Patterns by which one name could
    be read in two ways permit nobody. `fresh` bounds how long ago somebody may have signed in by an
    identity provider, which told their groups then.
    """

    def __init__(
        self,
        permits: Sequence[str],
        denies: Sequence[str],
        *,
        name: str = "groups",
        fresh: Freshness | None = None,
    ) -> None:
        self.name = name
        self._permits = permits
        self._denies = denies
        self._fresh = fresh

    @classmethod
    def from_settings(
        cls, name: str, fields: Fields, _way: WayOut, *, clock: Callable[[], datetime]
    ) -> "GroupEntitlements":
        """Return the source with the fields `permits`, `denies` and `oldest_minutes`.

        Raises FieldsUnfit.
        """
        permits, denies = fields.texts("permits"), fields.texts("denies", ())
        for fault in pattern_faults((*permits, *denies)):
            fields.fault(fault)
        minutes = fields.number("oldest_minutes", 0, most=525_600)
        fields.done()
        fresh = Freshness(timedelta(minutes=minutes), clock) if minutes else None
        return cls(permits, denies, name=name, fresh=fresh)

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
        return self._decided(query, denies, permits)

    def _decided(self, query: Query, denies: Collection[str], permits: Collection[str]) -> Answer:
        denied = query.groups & set(denies)
        if denied:
            return self._answer(
                Outcome.DENY,
                "in_denied_group",
                f"Members of {min(denied)} may not do this.",
                remedy=f"Ask to be taken out of {min(denied)}.",
                group=min(denied),
            )
        ends = self._fresh.ends(query) if self._fresh else None
        if self._fresh and ends is not None and ends <= self._fresh.clock():
            # a group that refuses might be missing as well as one that permits be gone
            return self._answer(
                Outcome.UNKNOWN,
                "groups_old",
                "What your identity provider said of your groups is too old to rely on.",
                remedy="Sign out and sign in again.",
            )
        held = query.groups & set(permits)
        if held:
            told = f"Permitted by group {min(held)}."
            permit = self._answer(Outcome.PERMIT, "in_group", told, group=min(held))
            return replace(permit, expires_at=ends)
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
