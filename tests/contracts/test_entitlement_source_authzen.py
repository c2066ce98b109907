"""A decision point asked by AuthZEN keeps the contract of sources. Its `false` is a deny."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onboarding.entitlement.authzen import AuthZenEntitlements
from onboarding.ports import Outcome
from tests.contracts.entitlement_source import EntitlementSourceContract
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
