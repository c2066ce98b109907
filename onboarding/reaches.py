"""How far a right goes, whom the table of rights has columns for, and what a row of it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reach(StrEnum):
    """How far a right goes."""

    NONE = "none"
    OWN = "own"  # what they made themselves, or what is theirs to decide
    TENANT = "tenant"  # what belongs to a tenant that they are a member of, or were granted
    ALL = "all"

    @property
    def word(self) -> str:
        """What the page says."""
        return "" if self is Reach.NONE else self.value


COLUMNS = {
    "person": "Anybody signed in",
    "developer": "Developer",
    "approver": "Approver",
    "operator": "Operator",
    "auditor": "Auditor",
    "machine": "Machine or workload",
}
NONE, OWN, TENANT, ALL = Reach.NONE, Reach.OWN, Reach.TENANT, Reach.ALL

# of the columns above, in their order
OWN_THINGS = (OWN, OWN, OWN, OWN, OWN, NONE)
SIGNED_IN = (ALL, ALL, ALL, ALL, ALL, NONE)
OPERATORS = (NONE, NONE, NONE, ALL, NONE, NONE)
WATCHERS = (NONE, NONE, NONE, ALL, ALL, NONE)
RECORD = (TENANT, TENANT, TENANT, ALL, ALL, TENANT)


@dataclass(frozen=True)
class Right:
    """One thing that can be done: its name, what it is, how far it goes, and by which routes."""

    name: str
    what: str
    reaches: tuple[Reach, ...]
    routes: tuple[str, ...]  # `METHOD route`

    @property
    def by_column(self) -> Mapping[str, Reach]:
        return dict(zip(COLUMNS, self.reaches, strict=True))


def right(name: str, what: str, reaches: tuple[Reach, ...], routes: str) -> Right:
    """Return a right whose routes are divided by commas."""
    return Right(name, what, reaches, tuple(each.strip() for each in routes.split(",")))


# open to everybody, also to whoever is not signed in
PUBLIC = (
    "GET livez",
    "GET readyz",
    "GET accounts:sign-in",
    "POST accounts:sign-in",
    "POST accounts:theme",
    "GET accounts:oidc-start",
    "GET accounts:oidc-return",
    "GET accounts:oidc-onward",
    "POST accounts:oidc-back-channel",
    "GET accounts:signed-out",
)
