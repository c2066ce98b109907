"""Groups by the pattern of their names keep the contract of sources."""

import pytest

from onboarding.entitlement.groups import GroupEntitlements
from tests.contracts.entitlement_source import ASKED, EntitlementSourceContract


class TestGroups(EntitlementSourceContract):
    @pytest.fixture(autouse=True)
    def _on_lists(self) -> None:
        self.permits: list[str] = []
        self.denies: list[str] = []
        self.source = GroupEntitlements(self.permits, self.denies)

    def grant(self, group: str) -> None:
        self.permits.append(group.replace("retail:dev", "{tenant}:{environment}"))
        assert self.permits[-1].format(**vars(ASKED)) == group

    def forbid(self, group: str) -> None:
        self.denies.append(group)

    def break_it(self) -> None:
        self.permits.append("{department}-deployers")
