"""Entitlement from the groups a person is in, by names that follow a pattern."""

from collections.abc import Collection, Sequence

from onboarding.ports import Answer, Outcome, Query


class GroupEntitlements:
    """The source `groups`.

    `permits` are patterns such as `{tenant}-{environment}-deployers`; `denies` are patterns of
    groups whose members are refused whatever else they are in.
    """

    name = "groups"

    def __init__(self, permits: Sequence[str], denies: Sequence[str]) -> None:
        self._permits = permits
        self._denies = denies

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
