"""Who gets what at every route: one row for each route and method.

A route without a row fails `test_routes.py`. A row says what each role is answered: a status, or
SIGN_IN where a stranger is sent to the sign-in page. `at` gives the arguments of the address, and
`sends` the form of a POST; both are given the World that the requests are made in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.models import MachineToken, User
from audit.models import Entry
from tenants.models import Application, Cluster, Placement, Service, Tenant

SIGN_IN = "sign-in"
ROLES = (
    "anonymous",  # nobody is signed in
    "stranger",  # charlie, a developer of another tenant
    "developer",  # alice, of the tenant that everything here belongs to
    "approver",  # adam, who belongs to no tenant
    "operator",  # olivia
    "auditor",  # audra
    "machine",  # a token for reading the tenant's record
)
Answers = Mapping[str, int | str]


@dataclass(frozen=True)
class World:
    """The rows that addresses are made of. All of it belongs to tenant retail and alice."""

    people: Mapping[str, User]  # by role, without anonymous and machine
    token_text: str
    token: MachineToken
    git_password: MachineToken
    entry: Entry
    tenant: Tenant
    application: Application
    service: Service
    placement: Placement
    cluster: Cluster


def nothing(world: World) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    route: str
    answers: Answers
    method: str = "GET"
    at: Callable[[World], dict[str, Any]] = nothing
    sends: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


def all_but(otherwise: int | str, **answers: int | str) -> Answers:
    """Return what each role is answered; strangers and machines are sent to the sign-in page."""
    return (
        dict.fromkeys(ROLES, otherwise) | {"anonymous": SIGN_IN, "machine": SIGN_IN} | dict(answers)
    )


def everybody(status: int) -> Answers:
    return dict.fromkeys(ROLES, status)


SIGNED_IN = all_but(200)
OPERATOR = all_but(404, operator=200)
READERS = all_but(404, operator=200, auditor=200)


def alice(world: World) -> dict[str, Any]:
    return {"uuid": world.people["developer"].uuid}


def token(world: World) -> dict[str, Any]:
    return {"uuid": world.token.uuid}


def git_password(world: World) -> dict[str, Any]:
    return {"uuid": world.git_password.uuid}


ROWS = (
    Row("livez", everybody(200)),
    Row("readyz", everybody(200)),
    Row("accounts:sign-in", all_but(302, anonymous=200, machine=200)),
    Row("accounts:sign-in", all_but(302, anonymous=422, machine=422), "POST"),
    Row("accounts:sign-out", all_but(302), "POST"),
    Row("accounts:theme", everybody(302), "POST", sends={"theme": "dark"}),
    Row("accounts:you", SIGNED_IN),
    Row("accounts:password", SIGNED_IN),
    Row("accounts:time-zone", all_but(302), "POST", sends={"time_zone": "Europe/Zurich"}),
    Row("accounts:sign-out-elsewhere", all_but(302), "POST"),
    Row("accounts:git-passwords", SIGNED_IN),
    Row("accounts:revoke-git-password", all_but(404, developer=200), at=git_password),
    Row("accounts:people", OPERATOR),
    Row("accounts:person", OPERATOR, at=alice),
    Row(
        "accounts:roles", all_but(404, operator=302), "POST", at=alice, sends={"roles": "developer"}
    ),
    Row("accounts:switch-off", all_but(404, operator=302), "POST", at=alice),
    Row("accounts:switch-on", all_but(404, operator=302), "POST", at=alice),
    Row("accounts:machines", OPERATOR),
    Row("accounts:revoke-machine", all_but(404, operator=200), at=token),
    Row("audit:entries", READERS),
    Row("audit:entry", READERS, at=lambda world: {"uuid": world.entry.uuid}),
)
