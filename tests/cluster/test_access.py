"""The API adapter keeps the contract on a real API server, as the portal and as administrator."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from fleet.connections.admin import AdminAccess
from fleet.connections.api import ApiAccess
from fleet.ports import Administration, ClusterAccess
from portal.errors import ClusterForbidden, FieldOwned
from tests.cluster.control_plane import eventually
from tests.contracts.cluster_access import MINE, ClusterAccessContract, Space

GOING_SECONDS = 60


class OnTheCluster(ClusterAccessContract):
    """The contract where deletion takes time, and with everything tidied up afterwards."""

    @pytest.fixture(autouse=True)
    def tidy(self, empty: Space, admin: Administration) -> Iterator[None]:
        yield
        admin.remove(empty.ref, only_labelled={})

    def await_rights(self, space: Space) -> None:
        eventually(lambda: _may_read(space), seconds=GOING_SECONDS)

    def remove_wholly(self, space: Space) -> None:
        eventually(
            lambda: space.access.remove(space.ref, only_labelled=MINE), seconds=GOING_SECONDS
        )


def _may_read(space: Space) -> bool:
    try:
        space.access.read(space.policy_ref)
    except ClusterForbidden:
        return False
    return True


class TestPortal(OnTheCluster):
    @pytest.fixture
    def access(self, access: ClusterAccess) -> ClusterAccess:
        assert type(access) is ApiAccess
        return access


class TestAdministrator(OnTheCluster):
    @pytest.fixture
    def access(self, admin: Administration) -> ClusterAccess:
        assert type(admin) is AdminAccess
        return admin


def test_a_conflict_names_the_one_who_changed_it(
    access: ClusterAccess, admin: Administration
) -> None:
    ours = Space(access, f"conflict-{uuid4().hex[:6]}")
    ours.apply(ours.namespace(), ours.own_binding(), ours.policy(colour="blue"))
    ours.access.remove(ours.policy_ref, only_labelled=MINE)
    Space(admin, ours.name).apply(ours.policy(colour="red"), manager="kubectl-edit")
    error = ours.apply(ours.policy(colour="blue")).failed[0].error
    assert isinstance(error, FieldOwned)
    assert '"kubectl-edit" owns .spec.podSelector' in error.detail
    admin.remove(ours.ref, only_labelled={})
