"""Who asks over the API: a person, or a machine that holds a token of its own."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from accounts.models import MachineToken, User
from audit.ledger import Actor


@dataclass(frozen=True)
class Machine:
    """The holder of a token without an owner. It has no roles; `tenants` grants its sight."""

    token: MachineToken

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True
    roles: ClassVar[frozenset[str]] = frozenset()
    is_operator: ClassVar[bool] = False
    is_approver: ClassVar[bool] = False
    is_auditor: ClassVar[bool] = False
    is_developer: ClassVar[bool] = False
    sees_everything: ClassVar[bool] = False

    def __str__(self) -> str:
        return self.token.name

    @property
    def ident(self) -> str:
        """The stable identity that entries are written under."""
        return f"token:{self.token.key}"

    @property
    def actor(self) -> Actor:
        """Who acts, for an audit entry."""
        return Actor(ident=self.ident, name=str(self))


Principal: TypeAlias = User | Machine
