"""A decision point asked by AuthZEN keeps the contract of sources. Its `false` is a deny."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from onboarding.entitlement.authzen import AuthZenBatches, AuthZenEntitlements
from onboarding.ports import Answer, Outcome, Query
from tests.contracts.entitlement_source import ASKED, EntitlementSourceContract
from tests.onboarding.entitlement import decision_point


class TestAuthZen(EntitlementSourceContract):
    no = Outcome.DENY
    odd = frozenset({Outcome.DENY})

    @pytest.fixture(autouse=True)
    def _on_a_point(self, tmp_path: Path) -> Iterator[None]:
        with decision_point.running(tmp_path) as self.point:
            self.source: AuthZenEntitlements = self.point.source()
            yield

    def grant(self, group: str) -> None:
        self.point.granted.add(group)

    def forbid(self, group: str) -> None:
        self.point.forbidden.add(group)

    def break_it(self) -> None:
        self.point.says({"oops": "no database"}, status=500)


class TestAuthZenTogether(TestAuthZen):
    """Asked with others by one call, a question is answered as it is alone."""

    @pytest.fixture(autouse=True)
    def _by_batches(self, _on_a_point: None) -> None:
        self.source: AuthZenBatches = self.point.source(batch_url=f"{self.point.url}s")

    def ask(self, query: Query) -> Answer:
        others = [replace(ASKED, groups=frozenset()), replace(ASKED, tenant="payments")]
        first, answer, last = self.source.check_all([others[0], query, others[1]])
        assert Outcome.PERMIT not in {first.outcome, last.outcome}
        return answer
