"""The rows that requests of test_routes.py are made in, and about."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Leaver, MachineToken, User
from audit.models import Entry
from onboarding.models import Delegation, Draft, InboxView, Order, Unlisted, WindowEdition
from tenants.models import (
    Application,
    Claim,
    Cluster,
    Placement,
    Rule,
    Service,
    Tenant,
    TenantCluster,
)


@dataclass(frozen=True)
class World:
    """The rows that addresses are made of. All of it belongs to tenant retail and alice."""

    people: Mapping[str, User]  # by role, without anonymous and machine
    token_text: str
    token: MachineToken
    leaver: Leaver
    git_password: MachineToken
    entry: Entry
    tenant: Tenant
    application: Application
    service: Service
    tenant_cluster: TenantCluster
    placement: Placement
    cluster: Cluster
    claim: Claim
    rule: Rule
    window: WindowEdition
    inbox_view: InboxView  # of the approver
    delegation: Delegation  # of two other approvers
    draft: Draft
    order: Order  # waits for the approver
    unlisted: Unlisted
