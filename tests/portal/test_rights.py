"""The table of rights says what the routes do: each is asked by everybody, near and far."""

from collections.abc import Mapping

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from accounts import actions
from accounts.models import MachineToken, Scope, User
from audit.ledger import SYSTEM
from onboarding.models import Draft, InboxView, Order
from onboarding.reaches import COLUMNS, PUBLIC, Reach, Right
from onboarding.rights import RIGHTS
from tenants.actions.owners import grant_sight
from tenants.models import Membership, Service
from tests.make import browser_of, make_user
from tests.portal.answers import SIGN_IN, Row, nothing
from tests.portal.asking import asked, outcome
from tests.portal.routes import ROWS
from tests.portal.world import World

REFUSED = {401, 403, 404, SIGN_IN}
# rows whose answer says nothing about who asks, and why
MUTE = {
    "POST order-api:orders": "the body is looked at before it is asked whether its sender may",
    "POST order-api:amend": "the same; the page for it is asked",
    "GET order-api:plan": "no worker has drafted a plan in this world",
    "POST accounts:sign-out": "it leads whoever asks to the sign-in page",
    "GET onboarding:entitlement": "it is a fragment of a form that is filled in elsewhere",
}
OPENED = {"order-api": Scope.ORDERS_READ, "onboarding": Scope.METRICS}  # by a machine's token


def test_every_route_belongs_to_one_right_or_is_open_to_everybody() -> None:
    named = [route for right in RIGHTS for route in right.routes] + list(PUBLIC)
    assert len(named) == len(set(named))
    assert set(named) | set(MUTE) == {str(row) for row in ROWS}
    assert not set(named) & set(MUTE)


def test_the_names_of_rights_are_unique() -> None:
    assert len({right.name for right in RIGHTS}) == len(RIGHTS)


def test_what_is_open_to_everybody_is_what_a_stranger_reaches() -> None:
    opened = {str(row) for row in ROWS if row.answers["anonymous"] not in REFUSED}
    silent = {str(row) for row in ROWS if set(row.answers.values()) == {404}}  # switched off
    assert opened | silent == set(PUBLIC)


@pytest.mark.django_db
@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.name)
def test_a_right_reaches_as_far_as_the_table_says(right: Right, world: World) -> None:
    rows = [row for row in ROWS if str(row) in right.routes]
    found = {str(row): {column: reach(row, column, world) for column in COLUMNS} for row in rows}
    assert found == {str(row): _shown_by(row, right.by_column) for row in rows}


def _shown_by(row: Row, told: Mapping[str, Reach]) -> dict[str, Reach]:
    """Return what a row can show of a right: a list is open or not, whatever stands in it."""
    if row.at is not nothing:
        return dict(told)
    return {name: Reach.ALL if far is not Reach.NONE else far for name, far in told.items()}


def reach(row: Row, column: str, world: World) -> Reach:
    """Return how far somebody gets who holds this one role and nothing else."""
    ways = MACHINES if column == "machine" else PEOPLE
    for far, near in ways:
        with transaction.atomic():
            answer = outcome(asked(row, near(world, row, column), world))
            transaction.set_rollback(True)
        if answer not in REFUSED:
            return far
    return Reach.NONE


# Whoever asks, nearer and nearer to what the row is about


def far_away(world: World, row: Row, column: str) -> Client:
    return browser_of(_somebody(column))


def member(world: World, row: Row, column: str) -> Client:
    person = _somebody(column)
    Membership.objects.create(tenant=world.tenant, user=person)
    return browser_of(person)


def owner(world: World, row: Row, column: str) -> Client:
    person = _somebody(column)
    Membership.objects.create(tenant=world.tenant, user=person)
    Draft.objects.update(person=person)
    InboxView.objects.update(person=person)
    Order.objects.update(requester=person)
    Service.objects.update(owner=person)
    MachineToken.objects.filter(pk=world.git_password.pk).update(owner=person)
    return browser_of(person)


def decider(world: World, row: Row, column: str) -> Client:
    person = _somebody(column)
    person.groups.add(Group.objects.get(name="change-approvers"))
    return browser_of(person)


def machine(world: World, row: Row, column: str) -> Client:
    return _with_token(row)[0]


def machine_of_the_tenant(world: World, row: Row, column: str) -> Client:
    client, token = _with_token(row)
    grant_sight(token, world.tenant, by=SYSTEM)
    return client


PEOPLE = (
    (Reach.ALL, far_away),
    (Reach.TENANT, member),
    (Reach.OWN, owner),
    (Reach.OWN, decider),
)
MACHINES = ((Reach.ALL, machine), (Reach.TENANT, machine_of_the_tenant))


def _somebody(column: str) -> User:
    return make_user("", *([] if column == "person" else [column]))


def _with_token(row: Row) -> tuple[Client, MachineToken]:
    scope = OPENED.get(row.route.partition(":")[0], Scope.CMDB_READ)
    token, text = actions.make_token("robot", scope, by=SYSTEM)
    return Client(headers={"Authorization": f"Bearer {text}"}), token
