"""What each role is answered at a route, and the addresses and forms that routes are asked with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.portal.world import World

SIGN_IN = "sign-in"
DIGEST = "d" * 64  # of the order's plan
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


def nothing(world: World) -> dict[str, Any]:
    return {}


def provider(world: World) -> dict[str, Any]:
    return {"slug": "corp"}


@dataclass(frozen=True)
class Row:
    route: str
    answers: Answers
    method: str = "GET"
    at: Callable[[World], dict[str, Any]] = nothing
    sends: Mapping[str, Any] = field(default_factory=dict)
    as_json: bool = False
    by_others: bool = False  # another system calls, which has no form of ours

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
OPERATOR = all_but(403, operator=200)
OPERATOR_REFUSED = all_but(403, operator=422)  # the form, with what is wrong with it
OPERATOR_DOES = all_but(403, operator=302)
READERS = all_but(403, operator=200, auditor=200)
APPROVER = all_but(403, approver=200)
# what belongs to alice alone, such as her drafts
OWN = all_but(404, developer=200)
# what is a tenant's: not there for a stranger, and for an approver who is no member
RECORD = all_but(200, stranger=404, approver=404)
# what is ordered for a tenant's service: by its members and by operators, not by who only reads
ORDERS = all_but(200, stranger=404, approver=404, auditor=403)
HINDERED = all_but(409, stranger=404, approver=404, auditor=403)  # it is only designed
# an order: those who see it
SEEN = all_but(200, stranger=404)
QUESTION = {"question": "For how long?"}
DECISION = {"digest": DIGEST, "reason": "Not this week"}
API_LIST = dict.fromkeys(ROLES, 200) | {"anonymous": 401}
# names that are taken may tell of other tenants
API_READERS = dict.fromkeys(ROLES, 404) | {"anonymous": 401, "operator": 200, "auditor": 200}
# clusters are everybody's; what is a tenant's is not there for a stranger and for an approver
# orders: a machine without an owner has no token for them
ORDER_LIST = API_LIST | {"machine": 403}
ORDER_ROW = ORDER_LIST | {"stranger": 404}
NOTHING_SENT = dict.fromkeys(("developer", "approver", "operator", "auditor"), 400)
ORDER_OWN = ORDER_ROW | {"approver": 403, "auditor": 403}
EMERGENCY = {"incident": "INC-7", "why": "Payments stand still."}
NO_EMERGENCY = all_but(403, stranger=404)
NO_EMERGENCY_API = dict.fromkeys(ROLES, 403) | {"anonymous": 401, "stranger": 404}
APPROVERS_VOTE = dict.fromkeys(ROLES, 403) | {"anonymous": 401, "approver": 200}
API_ROW = API_LIST | {"stranger": 404, "approver": 404}


def alice(world: World) -> dict[str, Any]:
    return {"uuid": world.people["developer"].uuid}


def token(world: World) -> dict[str, Any]:
    return {"uuid": world.token.uuid}


def draft(world: World) -> dict[str, Any]:
    return {"uuid": world.draft.uuid}


def order(world: World) -> dict[str, Any]:
    return {"number": world.order.pk}


def named(world: World) -> dict[str, Any]:
    return {"order": world.order.pk}


def change(world: World) -> dict[str, Any]:
    return {"number": world.order.change_number}


def record(name: str) -> Callable[[World], dict[str, Any]]:
    """Return the address of a row of the record, by its name in the World."""
    return lambda world: {"uuid": getattr(world, name).uuid}


def member(world: World) -> dict[str, Any]:
    return {"uuid": world.tenant.uuid, "person": world.people["developer"].uuid}


def sight(world: World) -> dict[str, Any]:
    return {"uuid": world.token.uuid, "number": world.token.grants.get().pk}


def shelf(world: World) -> dict[str, Any]:
    return {"kind": "sizes"}


def leaver(world: World) -> dict[str, Any]:
    return {"number": world.leaver.pk}


def unlisted(world: World) -> dict[str, Any]:
    return {"number": world.unlisted.pk}


def connection(world: World) -> dict[str, Any]:
    return {"sort": "sources", "name": "groups"}


def git_password(world: World) -> dict[str, Any]:
    return {"uuid": world.git_password.uuid}
