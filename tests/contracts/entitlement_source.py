"""What every EntitlementSource must do; a source's test class inherits this and sets it up.

A class says how it is filled: `grant` permits members of a group, `forbid` refuses them. Both speak
of onboarding `retail/basket` to `dev` only, which is what ASKED asks. Where a source does not look
at the groups of a query, the class puts them where it looks, in `ask`.
"""

from dataclasses import replace
from typing import Any

import pytest

from onboarding.ports import Answer, EntitlementSource, Outcome, Query

ASKED = Query(
    subject="local:alice",
    groups=frozenset({"retail:dev:deployers"}),
    action="onboard",
    tenant="retail",
    application="basket",
    environment="dev",
)
ODD_TEXTS = ("", "*", "\0", "{tenant}", "a" * 10_000, "döv", "dev\n", "../dev")


class EntitlementSourceContract:
    source: EntitlementSource
    no = Outcome.SILENT  # to somebody whom nothing permits and nothing refuses
    odd = frozenset({Outcome.SILENT})  # to questions that nobody asks

    def ask(self, query: Query) -> Answer:
        return self.source.check(query)

    def grant(self, group: str) -> None:
        """Permit what ASKED asks to members of this group."""
        raise NotImplementedError

    def forbid(self, group: str) -> None:
        """Refuse what ASKED asks to members of this group."""
        raise NotImplementedError

    def break_it(self) -> None:
        """Bring the source into a state in which it cannot tell."""
        raise NotImplementedError

    def test_a_member_of_a_granted_group_is_permitted_with_a_reason(self) -> None:
        self.grant("retail:dev:deployers")
        answer = self.ask(ASKED)
        assert answer.outcome is Outcome.PERMIT
        assert answer.source == self.source.name
        assert answer.reason
        assert answer.evidence

    def test_somebody_in_no_group_is_not_permitted_and_learns_which_group_to_join(self) -> None:
        self.grant("retail:dev:deployers")
        answer = self.ask(replace(ASKED, groups=frozenset()))
        assert answer.outcome is self.no
        assert "retail:dev:deployers" in answer.remedy

    @pytest.mark.parametrize("place", [{"tenant": "elsewhere"}, {"environment": "elsewhere"}])
    def test_a_grant_for_one_place_is_none_for_another(self, place: dict[str, Any]) -> None:
        self.grant("retail:dev:deployers")
        answer = self.ask(replace(ASKED, **place))
        assert answer.outcome is self.no

    def test_a_deny_overrides_a_permit(self) -> None:
        self.grant("retail:dev:deployers")
        self.forbid("suspended")
        both = replace(ASKED, groups=frozenset({"retail:dev:deployers", "suspended"}))
        answer = self.ask(both)
        assert answer.outcome is Outcome.DENY
        assert answer.reason

    def test_a_deny_of_others_touches_nobody_else(self) -> None:
        self.grant("retail:dev:deployers")
        self.forbid("suspended")
        assert self.ask(ASKED).outcome is Outcome.PERMIT

    def test_a_source_that_cannot_tell_says_so(self) -> None:
        self.grant("retail:dev:deployers")
        self.break_it()
        answer = self.ask(ASKED)
        assert answer.outcome is Outcome.UNKNOWN
        assert answer.reason
        assert answer.remedy

    @pytest.mark.parametrize("text", ODD_TEXTS)
    @pytest.mark.parametrize("field", ["subject", "tenant", "application", "environment"])
    def test_odd_values_are_answered_and_open_nothing(self, field: str, text: str) -> None:
        self.grant("retail:dev:deployers")
        odd: dict[str, Any] = {"groups": frozenset({"", "*", "guests"}), field: text}
        assert self.ask(replace(ASKED, **odd)).outcome in self.odd

    def test_asking_twice_gives_the_same_answer(self) -> None:
        self.grant("retail:dev:deployers")
        assert self.ask(ASKED) == self.ask(ASKED)
