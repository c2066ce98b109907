"""Who does something: a person, or a part of the portal that acts by itself."""

import getpass
from typing import TypeAlias

from accounts.models import User
from audit.ledger import Actor
from portal.errors import RoleMissing

Doer: TypeAlias = User | Actor


def operator(by: Doer) -> Actor:
    """Return who acts, if it is an operator or the portal itself. Raises RoleMissing."""
    if isinstance(by, Actor):
        return by
    if not by.is_operator:
        raise RoleMissing("Operator")
    return by.actor


def command_line() -> Actor:
    """Return whoever runs a command on the portal's machine, for its entries."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        name = "unknown"
    return Actor(ident=f"command:{name}", name=f"Command line ({name})")
