"""The people of the demonstration: one of every role, and one who may not approve her own order."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from accounts import actions
from accounts.models import LOCAL, Role, User
from audit.ledger import Actor

WORDS = ("anchor", "beacon", "cutter", "dinghy", "harbour", "jetty", "mooring", "quay", "tide")


@dataclass(frozen=True)
class Person:
    """A row of the table below. `does` says in a few words what to sign in as this person for."""

    username: str
    name: str
    does: str
    roles: tuple[Role, ...]
    tenant: str = ""
    groups: tuple[str, ...] = ()


PEOPLE = (
    Person(
        "dana",
        "Dana Novak",
        "developer of payments: orders berths",
        (Role.DEVELOPER,),
        tenant="payments",
        groups=("payments-developers",),
    ),
    Person(
        "andy",
        "Andy Brandt",
        "approver: decides on orders for test and prod",
        (Role.APPROVER,),
        groups=("change-approvers", "prod-approvers"),
    ),
    Person(
        "pat",
        "Pat Ozturk",
        "developer of payments and approver: cannot approve what she ordered",
        (Role.DEVELOPER, Role.APPROVER),
        tenant="payments",
        groups=("payments-developers", "change-approvers", "prod-approvers"),
    ),
    Person(
        "rex",
        "Rex Lindqvist",
        "developer of retail: sees nothing of payments, and may not order prod",
        (Role.DEVELOPER,),
        tenant="retail",
        groups=("retail-developers",),
    ),
    Person(
        "olga",
        "Olga Marin",
        "operator: tenants, catalogue, clusters and stuck orders",
        (Role.OPERATOR,),
    ),
    Person("audrey", "Audrey Kim", "auditor: reads everything, changes nothing", (Role.AUDITOR,)),
)


def password() -> str:
    """Return the password of all demonstration accounts; made up once and kept with the data."""
    path = settings.DATA / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        words = "-".join(secrets.choice(WORDS) for _ in range(3))
        path.write_text(f"{words}-{secrets.randbelow(9000) + 1000}")
    return path.read_text()


def introduction() -> Sequence[str]:
    """Return the lines that tell a newcomer whom to sign in as."""
    width = max(len(person.username) for person in PEOPLE)
    there = set(User.objects.filter(issuer=LOCAL).values_list("subject", flat=True))
    shown = [person for person in PEOPLE if person.username in there]
    if not shown:
        return ["There are no demonstration accounts here."]
    table = [f"  {person.username:<{width}}  {person.does}" for person in shown]
    return [f"Sign in with the password {password()} as", *table]


def make(*, by: Actor) -> None:
    """Make the people that are not there yet, with their roles and groups."""
    for person in PEOPLE:
        if not User.objects.filter(issuer=LOCAL, subject=person.username).exists():
            _make(person, by)


@transaction.atomic
def _make(person: Person, by: Actor) -> None:
    user = actions.create_person(
        person.username,
        password=password(),
        by=by,
        roles=person.roles,
        name=person.name,
        email=f"{person.username}@example.com",
    )
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in person.groups])
