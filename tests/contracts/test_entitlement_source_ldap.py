"""Groups of a real OpenLDAP keep the contract of sources."""

from collections.abc import Iterator

import pytest

from onboarding.entitlement.groups import GroupEntitlements
from onboarding.entitlement.ldap import LdapEntitlements, Naming
from onboarding.ports import Answer, Outcome, Query
from portal.outbound import WayOut
from tests.contracts.entitlement_source import ASKED, EntitlementSourceContract
from tests.onboarding.entitlement import slapd
from tests.onboarding.entitlement.slapd import Slapd

pytestmark = slapd.NEEDED


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("slapd")
    with slapd.running(folder, list(slapd.people("alice"))) as server:
        yield server


class TestLdap(EntitlementSourceContract):
    odd = frozenset({Outcome.SILENT, Outcome.UNKNOWN})

    @pytest.fixture(autouse=True)
    def _on_a_directory(self, directory: Slapd) -> None:
        self.directory = directory
        self.permits: list[str] = []
        self.denies: list[str] = []
        self.source = self._made(directory.tls)

    def _made(self, url: str) -> LdapEntitlements:
        groups = GroupEntitlements(self.permits, self.denies, name="ldap")
        way = WayOut(self.directory.bundle)
        return LdapEntitlements(self.directory.directory(url=url), Naming("local"), way, groups)

    def ask(self, query: Query) -> Answer:
        """Put alice into the groups of the query, and take her out of all others."""
        wanted = {name for name in query.groups if name.strip("*")}
        for name in {*self.directory.groups, *wanted}:
            self.directory.put(name, *([slapd.person_dn("alice")] if name in wanted else []))
        return self.source.check(query)

    def grant(self, group: str) -> None:
        self.permits.append(group.replace("retail:dev", "{tenant}:{environment}"))
        assert self.permits[-1].format(**vars(ASKED)) == group

    def forbid(self, group: str) -> None:
        self.denies.append(group)

    def break_it(self) -> None:
        self.source = self._made("ldaps://127.0.0.1:1")
