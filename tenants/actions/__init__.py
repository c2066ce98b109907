"""The only writers of the record: one transaction each, and an audit entry for what it changed."""

from tenants.actions.claims import claim, release_claims
from tenants.actions.ground import leave_ground, mark_gone, mark_leaving, note_pack, take_ground
from tenants.actions.offers import change_cluster, change_offer, make_cluster, offer
from tenants.actions.owners import (
    add_member,
    change_application,
    change_tenant,
    grant_sight,
    make_application,
    make_tenant,
    note_repository,
    remove_member,
    retire_application,
    withdraw_sight,
)
from tenants.actions.registration import (
    PlacementSpec,
    ServiceSpec,
    note_delivery,
    register_service,
    retire_placement,
    retire_service,
    set_lifecycle,
)

__all__ = [
    "PlacementSpec",
    "ServiceSpec",
    "add_member",
    "change_application",
    "change_cluster",
    "change_offer",
    "change_tenant",
    "claim",
    "grant_sight",
    "leave_ground",
    "make_application",
    "make_cluster",
    "make_tenant",
    "mark_gone",
    "mark_leaving",
    "note_delivery",
    "note_pack",
    "note_repository",
    "offer",
    "register_service",
    "release_claims",
    "remove_member",
    "retire_application",
    "retire_placement",
    "retire_service",
    "set_lifecycle",
    "take_ground",
    "withdraw_sight",
]
