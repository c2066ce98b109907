"""The world that the route matrix is asked in."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from pytest_django import Settings

from accounts import actions
from accounts.models import Leaver, Role, Scope, User
from audit.ledger import SYSTEM, Subject, note
from onboarding.actions import keep_view
from onboarding.form.answers import Allotted, Answers
from onboarding.models import Draft, Order, Revision, Unlisted
from portal.clock import now
from tenants.actions import claims
from tenants.actions.owners import grant_sight
from tenants.models import Application, ClaimKind, Tenant
from tests.make import (
    make_application,
    make_change,
    make_cluster,
    make_delegation,
    make_environment,
    make_placement,
    make_rule,
    make_service,
    make_size,
    make_user,
    make_window,
)
from tests.portal.answers import DIGEST
from tests.portal.world import World


@pytest.fixture
def people(alice: User, charlie: User, olivia: User, audra: User) -> dict[str, User]:
    return {
        "stranger": charlie,
        "developer": alice,
        "approver": make_user("adam", Role.APPROVER),
        "operator": olivia,
        "auditor": audra,
    }


def waiting_order(application: Application, alice: User, *, approver: User) -> Order:
    """Make an order of alice's that waits for the approver's decision."""
    environment = make_environment("test", approver_group="change-approvers")
    # by the pattern that the entitlement source `groups` knows out of the box
    alice.groups.add(Group.objects.create(name="retail:test:deployers"))
    approver.groups.add(Group.objects.create(name="change-approvers"))
    order = Order.objects.create(
        requester=alice,
        tenant=application.tenant,
        application=application,
        environment=environment,
        change_number="CHG0000007",
    )
    answers = Answers(
        application=application.uuid,
        environment="test",
        region="eu1",
        name="basket",
        size=make_size().slug,
        scaffold="web-service",
        destinations=(),
        owner=alice.uuid,
    )
    allotted = Allotted(service=uuid4(), repository="retail/basket", spots=())
    Revision.objects.create(
        order=order, number=1, answers=answers.as_json(), allotted=allotted.as_json(), made_by=alice
    )
    make_change(order, "change-approvers", number="CHG0000007", digest=DIGEST)
    return order


@pytest.fixture
def world(
    people: dict[str, User], retail: Tenant, payments: Tenant, settings: Settings, tmp_path: Path
) -> World:
    settings.BERTH_ENTITLEMENT_FILE = tmp_path / "entitlements.yaml"
    settings.BERTH_ENTITLEMENT_FILE.write_text("version: 1\nrules: []\n")
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
    placement = make_placement(service, cluster)
    return World(
        people=people,
        token=token,
        leaver=Leaver.objects.create(user=make_user("lena"), told_by="directory"),
        token_text=text,
        git_password=git_password,
        entry=entry,
        tenant=retail,
        application=application,
        service=service,
        tenant_cluster=placement.tenant_cluster,
        placement=placement,
        cluster=cluster,
        claim=claims.claim(
            ClaimKind.NAMESPACE,
            str(cluster.uuid),
            placement.namespace,
            order_uuid=uuid4(),
            application=application,
        ),
        rule=make_rule(),
        window=make_window(now() + timedelta(days=30)),
        inbox_view=keep_view("Prod", "environment=prod", by=people["approver"]),
        delegation=make_delegation(
            make_user("erin", Role.APPROVER), make_user("frank", Role.APPROVER)
        ),
        draft=Draft.objects.create(person=alice, answers={"application": str(application.uuid)}),
        order=waiting_order(application, alice, approver=people["approver"]),
        unlisted=Unlisted.objects.create(person=alice, name="Returns"),
    )
