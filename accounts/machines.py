"""Who asks over the API: a person, or a machine that holds a token of its own."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from accounts.models import MachineToken, User
from audit.ledger import Actor


class _Nobody:
    """What every machine answers where people have roles."""

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True
    roles: ClassVar[frozenset[str]] = frozenset()
    is_operator: ClassVar[bool] = False
    is_approver: ClassVar[bool] = False
    is_auditor: ClassVar[bool] = False
    is_developer: ClassVar[bool] = False


@dataclass(frozen=True)
class Machine(_Nobody):
    """The holder of a token without an owner. It has no roles; `tenants` grants its sight."""

    token: MachineToken

    sees_everything: ClassVar[bool] = False

    def __str__(self) -> str:
        return self.token.name

    @property
    def ident(self) -> str:
        """The stable identity that entries are written under."""
        return self.token.actor.ident

    @property
    def actor(self) -> Actor:
        """Who acts, for an audit entry."""
        return self.token.actor


@dataclass(frozen=True)
class Workload(_Nobody):
    """A program that its platform vouches for; the file of trusted issuers says what it sees."""

    ident: str  # `workload:<slug of the issuer>:<sub>`
    name: str  # of the machine that it acts as
    scopes: frozenset[str]
    tenants: frozenset[str]  # by slug
    sees_everything: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        """Who acts, for an audit entry."""
        return Actor(ident=self.ident, name=self.name)


Principal: TypeAlias = User | Machine | Workload
