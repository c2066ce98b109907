"""Fixtures of every room: five people with a fixed relation, and a clock that tests move.

alice and bob belong to tenant retail, and bob is an approver too; charlie belongs to another one,
payments; olivia operates the portal; audra audits it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import Role, User
from tenants.models import Tenant
from tests.make import make_tenant, make_user

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the time at START; `clock.shift(timedelta(minutes=6))` moves it."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice(db: None) -> User:
    """A developer of tenant retail."""
    return make_user("alice", Role.DEVELOPER)


@pytest.fixture
def bob(db: None) -> User:
    """A developer of tenant retail who is also an approver."""
    return make_user("bob", Role.DEVELOPER, Role.APPROVER)


@pytest.fixture
def charlie(db: None) -> User:
    """A developer of tenant payments: a stranger to retail."""
    return make_user("charlie", Role.DEVELOPER)


@pytest.fixture
def olivia(db: None) -> User:
    """An operator."""
    return make_user("olivia", Role.OPERATOR)


@pytest.fixture
def audra(db: None) -> User:
    """An auditor."""
    return make_user("audra", Role.AUDITOR)


@pytest.fixture
def retail(alice: User, bob: User) -> Tenant:
    return make_tenant("retail", members=[alice, bob])


@pytest.fixture
def payments(charlie: User) -> Tenant:
    return make_tenant("payments", members=[charlie])
