"""Expressions over the claims of the last sign-in keep the contract of sources."""

from dataclasses import replace
from datetime import timedelta

import pytest

from onboarding.entitlement.claims import ClaimEntitlements, Expression, Rules
from onboarding.ports import Answer, Query
from portal.clock import now
from tests.contracts.entitlement_source import EntitlementSourceContract

HERE = (
    "query.action == 'onboard' && query.tenant == 'retail' && query.application == 'basket' "
    "&& query.environment == 'dev' && contains(claims.groups, '{group}')"
)


class TestClaims(EntitlementSourceContract):
    @pytest.fixture(autouse=True)
    def _on_lists(self) -> None:
        self.permits: list[Expression] = []
        self.denies: list[Expression] = []
        self.claimed_at = now()
        rules = Rules(self.permits, self.denies, oldest=timedelta(hours=1))
        self.source = ClaimEntitlements(rules, now, name="claims")

    def ask(self, query: Query) -> Answer:
        claims = {"groups": sorted(query.groups)}
        return self.source.check(replace(query, claims=claims, claims_at=self.claimed_at))

    def grant(self, group: str) -> None:
        remedy = f"Ask to join {group}."
        self.permits.append(Expression(HERE.format(group=group), remedy=remedy))

    def forbid(self, group: str) -> None:
        self.denies.append(Expression(HERE.format(group=group)))

    def break_it(self) -> None:
        self.claimed_at = now() - timedelta(hours=2)
