"""The API adapter keeps the contract on a real API server, as the portal and as administrator."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from fleet.connections import kinds
from fleet.connections.admin import AdminAccess
from fleet.connections.api import ApiAccess
from fleet.connections.kinds import Kind
from fleet.ports import Administration, ClusterAccess, Manifest, Ref
from portal.errors import ClusterForbidden, FieldOwned, QuotaPending
from tests.cluster.control_plane import eventually
from tests.contracts.cluster_access import MINE, ClusterAccessContract, Space

GOING_SECONDS = 60
COUNTED_SECONDS = 120  # kinds are discovered every 30 s, quotas counted again every 10 s here

# a group that no earlier run taught the quota controller
GROUP = f"g{uuid4().hex[:6]}.berth.example"
WIDGETS: Manifest = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"widgets.{GROUP}"},
    "spec": {
        "group": GROUP,
        "names": {"kind": "Widget", "plural": "widgets"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}


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


@pytest.fixture
def widgets(admin: Administration, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Teach the API server and the portal a kind that no quota knows yet."""
    monkeypatch.setitem(kinds.KINDS, (f"{GROUP}/v1", "Widget"), Kind("widgets"))
    admin.apply([[WIDGETS]], manager="tests")
    eventually(lambda: admin.listed(f"{GROUP}/v1", "Widget") is not None, seconds=30)
    yield
    admin.remove(Ref.of(WIDGETS), only_labelled={})


def test_a_quota_that_has_not_counted_yet_is_tried_later(
    admin: Administration, widgets: None
) -> None:
    space = Space(admin, f"quota-{uuid4().hex[:6]}")
    space.apply(space.namespace(), quota(space))
    error = next(failed.error for failed in space.apply(widget(space)).failed)
    assert isinstance(error, QuotaPending)
    assert "status unknown for quota" in error.detail
    eventually(lambda: not space.apply(widget(space)).failed, seconds=COUNTED_SECONDS, pause=1)
    admin.remove(space.ref, only_labelled={})


def quota(space: Space) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota", "namespace": space.name},
        "spec": {"hard": {f"count/widgets.{GROUP}": "5"}},
    }


def widget(space: Space) -> Manifest:
    metadata = {"name": "widget", "namespace": space.name}
    return {"apiVersion": f"{GROUP}/v1", "kind": "Widget", "metadata": metadata}
