"""The world that the route matrix is asked in."""

import pytest
from django.db import transaction

from accounts import actions
from accounts.models import Role, Scope, User
from audit.ledger import SYSTEM, Subject, note
from tenants.actions.owners import grant_sight
from tenants.models import Tenant
from tests.make import make_application, make_cluster, make_placement, make_service, make_user
from tests.portal.routes import World


@pytest.fixture
def people(alice: User, charlie: User, olivia: User, audra: User) -> dict[str, User]:
    return {
        "stranger": charlie,
        "developer": alice,
        "approver": make_user("adam", Role.APPROVER),
        "operator": olivia,
        "auditor": audra,
    }


@pytest.fixture
def world(people: dict[str, User], retail: Tenant, payments: Tenant) -> World:
    alice = people["developer"]
    token, text = actions.make_token("pipeline", Scope.CMDB_READ, by=SYSTEM)
    grant_sight(token, retail, by=SYSTEM)
    git_password, _ = actions.make_git_password("laptop", by=alice)
    application = make_application("basket", tenant=retail, owner=alice)
    service = make_service(application)
    cluster = make_cluster()
    with transaction.atomic():
        about = Subject("Tenant", retail.uuid, "retail", retail.uuid, retail.uuid)
        entry = note("looked at", about, by=alice.actor)
    return World(
        people=people,
        token=token,
        token_text=text,
        git_password=git_password,
        entry=entry,
        tenant=retail,
        application=application,
        service=service,
        placement=make_placement(service, cluster),
        cluster=cluster,
    )
